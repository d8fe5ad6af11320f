// What the kernels take for granted, checked once when an engine opens.
import type { EngineInput, Sequence, StepRates } from '../engine.ts';
import { InputError } from '../errors.ts';
import { inferShapes, isLayer, weightShapeOf } from '../graph/graph.ts';
import type { Graph, Layer } from '../graph/graph.ts';
import { showShape } from '../graph/shape.ts';
import type { Shape } from '../graph/shape.ts';
import type { SequenceKernel } from './sequence-kernel.ts';

/** Throws InputError naming the first node that the kernels could not run. */
export function requireRunnable(input: EngineInput, sequences: SequenceKernel | null): void {
  const { model, modules, plan, parameters } = input;
  const { nodes } = model.graph;
  const shapes = inferShapes(model.graph);
  requireLogits(model.graph, shapes);
  sequences?.requireSequences(input, shapes);
  if (plan.rules.length !== modules.length) {
    throw new InputError(
      `plan: expected ${modules.length} rules, one per module, got ${plan.rules.length}`,
    );
  }
  for (const [index, node] of nodes.entries()) {
    if (isLayer(node)) requireParameters(node, shapes[node.inputs[0]!]!, parameters.get(index));
    if (node.operator === 'lookup' || node.operator === 'embedding') {
      const entries = 256 * (node.operator === 'embedding' ? node.attributes.size : 1);
      const length = model.lookups.get(index)?.table.length;
      if (length !== entries) {
        throw new InputError(
          `${node.name}: expected a table of ${entries} entries, got ${length ?? 'none'}`,
        );
      }
    }
    if (model.quantization[index + 1] === null && !(isLayer(node) && index === nodes.length - 1)) {
      throw new InputError(
        `${node.name}: expected a quantised output, got none; only a last layer makes logits`,
      );
    }
    if (node.operator === 'maxPool') {
      const [x, y] = [model.quantization[node.inputs[0]!], model.quantization[index + 1]];
      if (x?.scale !== y?.scale || x?.zeroPoint !== y?.zeroPoint) {
        throw new InputError(
          `${node.name}: expected the input's quantization on the output, got another`,
        );
      }
    }
  }
}

function requireLogits({ nodes }: Graph, shapes: readonly Shape[]): void {
  if (shapes.at(-1)![1] === 1) return;
  throw new InputError(
    `${nodes.at(-1)?.name ?? 'model'}: expected logits of 1x1 x classes or steps x 1 x classes, got ${showShape(shapes.at(-1)!)}`,
  );
}

function requireParameters(
  layer: Layer,
  input: Shape,
  parameters: { weights: Int8Array; bias: Int32Array; weightScales: Float32Array } | undefined,
): void {
  const shape = weightShapeOf(layer, input);
  const size = shape.reduce((a, b) => a * b);
  const fits =
    parameters !== undefined &&
    parameters.weights.length === size &&
    parameters.bias.length === shape[0] &&
    parameters.weightScales.length === shape[0];
  if (!fits) {
    throw new InputError(
      `${layer.name}: expected weights ${shape.join('x')} with a bias and a scale per row, got ${parameters?.weights.length ?? 'none'}`,
    );
  }
  if (!parameters.weightScales.every((scale) => scale > 0 && scale < Infinity)) {
    throw new InputError(`${layer.name}: expected positive weight scales, got one that is not`);
  }
}

/** `lengths` against the batch and the steps of the model's input; states are checked where they are used. */
export function requireSequence(
  where: string,
  sequence: Sequence | undefined,
  batch: number,
  { inputSteps }: { readonly inputSteps: number },
): void {
  const lengths = sequence?.lengths;
  if (lengths === undefined) return;
  if (lengths.length !== batch) {
    throw new InputError(
      `${where} lengths: expected ${batch}, one a sample, got ${lengths.length}`,
    );
  }
  const wrong = lengths.find((length) => length < 1 || length > inputSteps);
  if (wrong === undefined) return;
  throw new InputError(`${where} lengths: expected 1 to ${inputSteps} steps, got ${wrong}`);
}

export function requireRates({ rate, clip, ratio, step, seed }: StepRates): void {
  const fits =
    Number.isFinite(rate) &&
    clip >= 0 &&
    Number.isFinite(ratio) &&
    Number.isSafeInteger(step) &&
    step >= 0 &&
    Number.isSafeInteger(seed);
  if (fits) return;
  throw new InputError(
    `rates: expected a finite rate and ratio, a clip of at least 0 and integers step and seed, got ${rate}, ${ratio}, ${clip}, ${step}, ${seed}`,
  );
}
