// The WebGL engine: int8 weights and uint8 activations in integer textures, every number as
// docs/numerics.md has it. Calls queue draws and return; only logits, weights and activations that
// are asked for are read back, without blocking. A failure that the GPU alone notices is thrown by the
// next call that reads (failures.ts); weights stand still from the failure on.
import {
  gradientIsUsedBefore,
  inferShapes,
  InputError,
  moduleRange,
  requireLength,
  requireRates,
  requireSummable,
  sizeOf,
} from '#runtime';
import type {
  DeviceActivation,
  Engine,
  EngineInput,
  Gradient,
  Shape,
  StepRates,
  TailResult,
} from '#runtime';

import { requireContext } from './context.ts';
import { closeFeedbacks, openFeedbacks } from './feedback.ts';
import type { ModuleFeedback } from './feedback.ts';
import { forwardRange, inputOf, logitsFrom, logitsValue } from './forward-range.ts';
import type { RangeCall } from './forward-range.ts';
import { Gpu } from './gpu.ts';
import { activationHandle, ActivationHandle, gradientHandle, GradientHandle } from './handle.ts';
import { pullLayer, pushLayer } from './layer.ts';
import { learnExactly } from './learn-exactly.ts';
import { learnDirectly, learnLocally } from './learn-range.ts';
import { learnTail } from './learn-tail.ts';
import { closeNetwork, openNetwork } from './network.ts';
import type { Network } from './network.ts';
import { packValues, unpackBlocks, unpackValues } from './padding.ts';
import { readTextures } from './read-back.ts';
import { isLayerSite, itemAt, present, texelsOf } from './site.ts';
import type { Texture } from './texture.ts';

/** Texels of the model's largest textures, of batches of 64. */
function largestTexture({ model }: EngineInput): number {
  return Math.max(
    ...inferShapes(model.graph).map((shape) => texelsOf(shape, 64)),
    ...Array.from(model.layers.values(), ({ weights }) => weights.length / 4),
  );
}

export class WebglEngine implements Engine {
  readonly name = 'webgl';
  readonly gpu: Gpu;
  readonly #input: EngineInput;
  readonly #network: Network;
  /** By module. */
  readonly #feedback: readonly (ModuleFeedback | null)[];
  #isClosed = false;
  /** Calls wait for each other: they let the page breathe, and must not meet half of another's weights. */
  #turn: Promise<unknown> = Promise.resolve();

  /** The input was checked by the reference kernels. The context stays the caller's. */
  constructor(gl: WebGL2RenderingContext, input: EngineInput) {
    this.gpu = new Gpu(gl, largestTexture(input));
    this.#input = input;
    this.#network = openNetwork(this.gpu, input);
    this.#feedback = openFeedbacks(this.gpu, this.#network.failures, input);
    requireContext(gl);
  }

  upload(samples: Uint8Array, batch: number): DeviceActivation {
    const shape = this.#shape(0);
    requireLength('upload', samples, batch, sizeOf(shape));
    return new ActivationHandle(this.#uploadSamples(samples, batch), shape, batch);
  }

  async download(activation: DeviceActivation): Promise<Uint8Array> {
    if (!(activation instanceof ActivationHandle)) {
      throw new InputError('download: expected an activation of this engine, got something else');
    }
    const { texture, shape, batch } = activation;
    const [values] = await readTextures(this.gpu, [texture]);
    return unpackValues(values ?? new Int32Array(0), shape, batch);
  }

  async predict(samples: Uint8Array, batch: number): Promise<Float32Array> {
    const [height, width, channels] = this.#shape(0);
    requireLength('predict', samples, batch, height * width * channels);
    const strips = batch === 1 ? this.#network.strips : undefined;
    const rows = strips?.rows[0] ?? height;
    // Strips are packed as four samples are.
    const packed = packValues(samples, [rows, width, channels], rows < height ? 4 : batch);
    return this.#inTurn(async () => {
      const input = this.gpu.upload('values', packed);
      const range = { from: 0, to: logitsValue(this.#network) };
      const value = await forwardRange(this.#network, { range, input, batch, strips });
      input.release();
      const logits = logitsFrom(this.#network, value, batch);
      value.release();
      return this.#readLogits(logits, batch);
    });
  }

  forward(from: number, to: number, input: DeviceActivation): Promise<DeviceActivation> {
    return this.#inTurn(async () => {
      const call = this.#call('forward', [from, to], input);
      if (this.#network.sites[call.range.to - 1]?.outputQuantization === null) {
        throw new InputError(
          'forward: expected a range that ends in a value, got logits; use predict',
        );
      }
      return this.#activation(await forwardRange(this.#network, call), call);
    });
  }

  learnTail(
    from: number,
    input: DeviceActivation,
    targets: Float32Array,
    rates: StepRates,
  ): Promise<TailResult> {
    return this.#inTurn(async () => {
      const { modules, plan } = this.#input;
      const { shapes } = this.#network;
      const call = this.#learningCall('learnTail', [from, modules.length], input, rates);
      const { batch, range } = call;
      const shape = this.#shape(shapes.length - 1);
      requireLength('learnTail targets', targets, batch, sizeOf(shape));
      const wantsInput = gradientIsUsedBefore(from, plan, this.#feedback);
      const tail = { ...call, modules: modules.slice(from), targets, wantsInput };
      const { logits, error, atInput } = await learnTail(this.#network, tail, rates);
      return {
        logits: await this.#readLogits(logits, batch),
        error: new GradientHandle(error, shape, batch),
        inputGradient: atInput && new GradientHandle(atInput, this.#shape(range.from), batch),
      };
    });
  }

  learnByFeedback(
    module: number,
    input: DeviceActivation,
    source: Gradient,
    rates: StepRates,
  ): Promise<DeviceActivation> {
    return this.#inTurn(async () => {
      const call = this.#learningCall('learnByFeedback', [module, module + 1], input, rates);
      const feedback = this.#feedback[module] ?? null;
      if (feedback === null || feedback.source === 'module') {
        const { name } = itemAt(this.#input.modules, module);
        throw new InputError(
          `learnByFeedback: expected a module with feedback from the logits or the tail, got ${name}; use learnByReplay`,
        );
      }
      const { batch } = call;
      const error = gradientHandle(source, 'learnByFeedback source', {
        shape: feedback.sourceShape,
        batch,
      });
      const atEnd =
        feedback.rule === 'feedback-local' ? feedback.calls.get(call.range.to) : undefined;
      const output =
        atEnd === undefined
          ? await learnDirectly(
              this.#network,
              call,
              { feedbacks: feedback.calls, source: error },
              rates,
            )
          : await learnLocally(this.#network, call, { feedback: atEnd, source: error }, rates);
      return this.#activation(output, call);
    });
  }

  learnByReplay(
    module: number,
    input: DeviceActivation,
    gradient: Gradient,
    rates: StepRates,
  ): Promise<Gradient> {
    return this.#inTurn(async () => {
      const call = this.#learningCall('learnByReplay', [module, module + 1], input, rates);
      const { batch, range } = call;
      const shape = this.#shape(range.to);
      const atEnd = gradientHandle(gradient, 'learnByReplay gradient', { shape, batch });
      const own = this.#feedback[module] ?? null;
      const exact = {
        range,
        batch,
        values: inputOf(call),
        gradient: atEnd.texture.retain(),
        grid: null,
        wantsInput: true,
        replaced: own?.source === 'module' ? { feedbacks: own.calls, source: atEnd } : null,
      };
      const atInput = await learnExactly(this.#network, exact, rates);
      return new GradientHandle(present(atInput, 'a gradient'), this.#shape(range.from), batch);
    });
  }

  pull(): Promise<void> {
    return this.#inTurn(async () => {
      const { layers, failures } = this.#network;
      const all = [...layers.values()];
      const [status, ...words] = await readTextures(this.gpu, [
        failures.status,
        ...all.map(({ weights }) => weights),
      ]);
      failures.check(status ?? new Int32Array(0));
      for (const [index, layer] of all.entries()) {
        await this.gpu.breathe();
        pullLayer(layer, itemAt(words, index));
      }
    });
  }

  push(): Promise<void> {
    return this.#inTurn(async () => {
      for (const layer of this.#network.layers.values()) {
        await this.gpu.breathe();
        pushLayer(this.gpu, layer);
      }
      requireContext(this.gpu.gl);
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#isClosed) return;
      this.#isClosed = true;
      closeFeedbacks(this.#feedback);
      closeNetwork(this.#network);
      this.gpu.dispose();
    });
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => undefined);
    return result;
  }

  /** Float32 logits of blocks [n, 1, 1, classes], which are released. */
  async #readLogits(logits: Texture, batch: number): Promise<Float32Array> {
    const { failures, shapes } = this.#network;
    const reading = readTextures(this.gpu, [logits, failures.status]);
    logits.release();
    const [blocks, status] = await reading;
    failures.check(status ?? new Int32Array(0));
    return unpackBlocks(blocks ?? new Int32Array(0), this.#shape(shapes.length - 1), batch);
  }

  #uploadSamples(samples: Uint8Array, batch: number): Texture {
    return this.gpu.upload('values', packValues(samples, this.#shape(0), batch));
  }

  #activation(texture: Texture, { range, batch }: RangeCall): DeviceActivation {
    return new ActivationHandle(texture, this.#shape(range.to), batch);
  }

  /** Throws EngineError where sums over the batch could leave int32 in one of its layers. */
  #learningCall(
    where: string,
    modules: readonly [number, number],
    input: DeviceActivation,
    rates: StepRates,
  ): RangeCall {
    requireRates(rates);
    const call = this.#call(where, modules, input);
    for (const site of this.#network.sites.slice(call.range.from, call.range.to)) {
      const [height, width] = site.outputShape;
      if (isLayerSite(site)) requireSummable(site.name, height * width, call.batch);
    }
    return call;
  }

  #call(where: string, modules: readonly [number, number], input: DeviceActivation): RangeCall {
    const { sites } = this.#network;
    const range = moduleRange(where, this.#input.modules, sites.length, modules);
    const { texture, batch } = activationHandle(input, where, this.#shape(range.from));
    return { range, input: texture, batch };
  }

  #shape(value: number): Shape {
    return itemAt(this.#network.shapes, value);
  }
}
