// A whole model for one time step: what streams are predicted with.
import { UnsupportedError } from '#runtime';
import { requireStepwise } from '#runtime/sequences';

import { addLogits } from '../forward-pass.ts';
import { addForward } from '../operators/table.ts';
import type { ProgramFrame, ProgramSource } from '../program-frame.ts';
import { sizesOf, stateInputs, stateOutputs } from './carried-state.ts';
import { mapEntries, mapsOf, prepareMap } from './linear-map.ts';
import { addStep } from './run-steps.ts';

/** Whether a step of the model needs other steps by states only. */
export function canStep({ model }: ProgramSource): boolean {
  try {
    requireStepwise(model.graph);
    return true;
  } catch (error) {
    if (error instanceof UnsupportedError) return false;
    throw error;
  }
}

/** The same model on sequences of one step. Throws UnsupportedError, naming the node, where a step needs others than by states. */
export function stepSource(source: ProgramSource): ProgramSource {
  const { graph } = source.model;
  requireStepwise(graph);
  const [, width, channels] = graph.inputShape;
  const model = { ...source.model, graph: { ...graph, inputShape: [1, width, channels] as const } };
  return { ...source, model };
}

/** `x` uint8 [n, 1, 1, features] and the states of every recurrent node to `logits` and the next states. */
export function addStepProgram(frame: ProgramFrame): void {
  const { graph, sites, source } = frame;
  const values = [frame.input('x', 'uint8', 0)];
  for (const site of sites) {
    const inputs = site.inputs.map((value) => values[value]!);
    if (site.operator !== 'recurrent') {
      values.push(addForward(graph, site, inputs));
      continue;
    }
    const { features, hiddenSize } = sizesOf(site);
    const maps = mapsOf(site);
    const rows = graph.reshape(inputs[0]!, [-1, 1, features]);
    const vx = mapEntries(graph, prepareMap(graph, maps.input), { rows, rank: 3 });
    const before = stateInputs(graph, site);
    const next = addStep(graph, site, { vx, hiddenMap: prepareMap(graph, maps.hidden), before });
    stateOutputs(graph, site, next);
    values.push(graph.reshape(next.hidden, [-1, 1, 1, hiddenSize]));
  }
  const last = source.model.quantization[sites.length]!;
  const logits = addLogits(graph, values[sites.length]!, last);
  frame.output('logits', 'float32', sites.length, logits);
}
