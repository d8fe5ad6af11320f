// An engine for predicting that outlives its GL context. A phone takes the GPU away when the page is
// in the background; the next prediction then opens another engine on the weights that are kept in
// memory. Learning calls are not repeated: a lesson that loses its context ends with an error.
import { EngineError } from '#runtime';
import type { Engine, EngineInput } from '#runtime';

import { openEngine } from './open-engine.ts';
import type { OpenedEngine } from './open-engine.ts';

/** Opens the best engine there is, again after each loss; `onFallback` hears why it is not WebGL. */
export async function openRevivingEngine(
  input: EngineInput,
  onFallback: (reason: string) => void,
): Promise<Engine> {
  const open = async (): Promise<OpenedEngine> => {
    const opened = await openEngine(input);
    if (opened.fallback !== null) onFallback(opened.fallback);
    return opened;
  };
  let { engine } = await open();
  if (engine.name === 'kernels') return engine; // which loses nothing

  async function orAfresh<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof EngineError) || engine.name === 'kernels') throw error;
      await engine[Symbol.asyncDispose]();
      ({ engine } = await open());
      return work();
    }
  }

  return {
    get name() {
      return engine.name;
    },
    upload: (samples, batch) => engine.upload(samples, batch),
    download: (activation) => engine.download(activation),
    predict: (samples, batch) => orAfresh(() => engine.predict(samples, batch)),
    forward: (from, to, activation) => engine.forward(from, to, activation),
    learnTail: (from, activation, targets, rates) =>
      engine.learnTail(from, activation, targets, rates),
    learnByFeedback: (module, activation, source, rates) =>
      engine.learnByFeedback(module, activation, source, rates),
    learnByReplay: (module, activation, gradient, rates) =>
      engine.learnByReplay(module, activation, gradient, rates),
    pull: () => engine.pull(),
    push: () => orAfresh(() => engine.push()),
    [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose](),
  };
}
