// What callers hand to the engine, checked before ONNX Runtime sees it.
import { Tensor } from 'onnxruntime-node';

import {
  EngineError,
  inferShapes,
  InputError,
  isLayer,
  isRecurrent,
  maximumPositions,
  showShape,
} from '#runtime';
import type { EngineInput, Sequence, Shape, StepRates } from '#runtime';

import { OnnxActivation, OnnxGradient } from './device-tensor.ts';
import type { Tensors } from './program.ts';

/** Turns arguments into tensors. Throws InputError for lengths and shapes that do not fit the model. */
export class ValueChecks {
  readonly #input: Shape;
  readonly #output: Shape;
  /** At each module's input. */
  readonly #modules: readonly (Shape | undefined)[];

  constructor({ model, modules }: EngineInput) {
    const shapes = inferShapes(model.graph);
    this.#input = model.graph.inputShape;
    this.#output = shapes.at(-1) ?? this.#input;
    this.#modules = modules.map(({ from }) => shapes[from]);
  }

  /** A view of the samples as [batch, height, width, channels]. */
  samples(where: string, samples: Uint8Array, batch: number): Tensor {
    const shape = this.#input;
    requireLength(where, samples, batch, shape);
    return new Tensor('uint8', samples, [batch, ...shape]);
  }

  /** A view of one step of each sample as [batch, 1, width, channels]. */
  step(where: string, samples: Uint8Array, batch: number): Tensor {
    const [, width, channels] = this.#input;
    requireLength(where, samples, batch, [1, width, channels]);
    return new Tensor('uint8', samples, [batch, 1, width, channels]);
  }

  /** A view of the targets, [batch, 1, 1, classes], or of every step's. */
  targets(where: string, targets: Float32Array, batch: number): Tensor {
    const shape = this.#output;
    requireLength(`${where} targets`, targets, batch, shape);
    return new Tensor('float32', targets, [batch, ...shape]);
  }

  /** An activation at the input of a module, or at the model's end. */
  activation(where: string, module: number, value: unknown): Tensor {
    const tensor = this.anyActivation(where, value);
    const shape = this.#modules[module] ?? this.#output;
    if (tensor.dims.slice(1).join() === shape.join()) return tensor;
    throw new InputError(
      `${where}: expected an activation of ${showShape(shape)} for module ${module}, got ${tensor.dims.slice(1).join('x')}`,
    );
  }

  /** How the sequences of an activation started. */
  sequence(value: unknown): Sequence | undefined {
    return value instanceof OnnxActivation ? value.sequence : undefined;
  }

  anyActivation(where: string, value: unknown): Tensor {
    if (value instanceof OnnxActivation) return value.tensors.x;
    throw new InputError(`${where}: expected an activation of this engine, got something else`);
  }

  /** The tensors of a gradient of as many samples; their shapes are the program's to check. */
  gradient(where: string, value: unknown, batch: number): Tensors {
    if (value instanceof OnnxGradient && value.batch === batch) return value.tensors;
    throw new InputError(
      `${where}: expected a gradient of this engine for ${batch} samples, got something else`,
    );
  }
}

export function requireRates({ rate, clip, ratio, step, seed }: StepRates): void {
  const fits =
    [rate, clip, ratio].every(Number.isFinite) &&
    clip >= 0 &&
    step >= 0 &&
    [step, seed].every(Number.isSafeInteger);
  if (fits) return;
  throw new InputError(
    `rates: expected finite numbers, a clip and a step of at least 0, integers step and seed, got ${[rate, clip, ratio, step, seed].join(', ')}`,
  );
}

/** How large a batch each module may learn from: its integer gradients must not leave int32. */
export class SummableBatches {
  /** By module: the layer with the most positions. */
  readonly #widest: readonly { readonly name: string; readonly positions: number }[];

  constructor({ model, modules, plan }: EngineInput) {
    const shapes = inferShapes(model.graph);
    const longestChunk = plan.recurrence?.exactSteps ?? 0;
    this.#widest = modules.map(({ from, to }) => {
      let widest = { name: '', positions: 0 };
      for (const [at, node] of model.graph.nodes.slice(from, to).entries()) {
        const [height, width] = shapes[from + at + 1] ?? [0, 0];
        const [steps] = shapes[node.inputs[0] ?? 0] ?? [0];
        const own = isLayer(node) ? height * width : 0;
        const positions = isRecurrent(node) ? Math.min(longestChunk, steps) : own;
        if (positions > widest.positions) widest = { name: node.name, positions };
      }
      return widest;
    });
  }

  /** Throws EngineError naming the layer for which the batch is too large. */
  require({ from, to }: { readonly from: number; readonly to: number }, batch: number): void {
    for (const { name, positions } of this.#widest.slice(from, to)) {
      if (batch * positions <= maximumPositions) continue;
      throw new EngineError(
        `${name}: expected at most ${maximumPositions} positions in a trained batch, got ${batch} x ${positions}; use a smaller batch`,
      );
    }
  }
}

function requireLength(
  where: string,
  values: ArrayLike<number>,
  batch: number,
  [height, width, channels]: Shape,
): void {
  const size = height * width * channels;
  if (Number.isInteger(batch) && batch >= 1 && values.length === batch * size) return;
  throw new InputError(
    `${where}: expected ${size} values for each of ${batch} samples, got ${values.length}`,
  );
}
