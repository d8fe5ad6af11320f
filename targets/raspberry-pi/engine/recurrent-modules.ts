// The modules that are recurrent layers which the plan trains.
import { inferShapes, isRecurrent } from '#runtime';
import type { EngineInput, Recurrence, RecurrentNode } from '#runtime';

export interface RecurrentModule {
  readonly module: number;
  /** Index of the node. */
  readonly index: number;
  readonly node: RecurrentNode;
  /** Of its input. */
  readonly steps: number;
  readonly features: number;
  readonly recurrence: Recurrence;
  /** Of its state feedback; 0 without one. */
  readonly segments: number;
}

/** By module. */
export function recurrentModules({
  model,
  modules,
  plan,
  stateFeedback,
}: EngineInput): ReadonlyMap<number, RecurrentModule> {
  const shapes = inferShapes(model.graph);
  const found = new Map<number, RecurrentModule>();
  for (const [module, { from: index }] of modules.entries()) {
    const node = model.graph.nodes[index];
    const { recurrence, rules } = plan;
    if (recurrence === null || rules[module] === 'frozen' || !node || !isRecurrent(node)) continue;
    const [steps, , features] = shapes[node.inputs[0] ?? 0] ?? [0, 1, 0];
    const segments = stateFeedback.find((own) => own.node === index)?.segments ?? 0;
    found.set(module, { module, index, node, steps, features, recurrence, segments });
  }
  return found;
}
