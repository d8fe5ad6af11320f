// One learning step, in the order it happens. Nothing is stored for a backward sweep: the forward
// runs twice, and each module is updated as the second run passes it.
import type { Activation, Engine, Gradient, StepRates, TailResult } from '../engine.ts';
import type { StepLayout } from './layout.ts';

export interface Batch {
  /** At the first trained module's input. */
  readonly input: Activation;
  /** float32 [batch, classes], rows summing to 1. */
  readonly targets: Float32Array;
}

/**
 * Updates the engine's weights in place from one batch and returns float32 logits
 * [batch, classes] from before the update. Does not dispose the batch.
 */
export async function learnStep(
  engine: Engine,
  layout: StepLayout,
  batch: Batch,
  rates: StepRates,
): Promise<Float32Array> {
  // Predict: only the tail's input is kept.
  const tailInput = await forward(engine, layout.trained, layout.tail, batch.input);

  // Error, and the tail's exact gradient.
  const result = await engine.learnTail(layout.tail, tailInput, batch.targets, rates);
  if (tailInput !== batch.input) tailInput.dispose();

  // Replay and update.
  await replayExactly(engine, layout, batch.input, { gradient: result.inputGradient, rates });
  await replayByFeedback(engine, layout, batch.input, { result, rates });

  result.error.dispose();
  result.inputGradient?.dispose();
  return result.logits;
}

// From the tail down: each module's input is made anew from the batch, nothing else is kept.
async function replayExactly(
  engine: Engine,
  { trained, replay, tail }: StepLayout,
  input: Activation,
  { gradient: tailGradient, rates }: { gradient: Gradient | null; rates: StepRates },
): Promise<void> {
  let gradient = tailGradient;
  for (let module = tail - 1; module >= replay && gradient; module--) {
    const activation = await forward(engine, trained, module, input);
    const previous = await engine.learnByReplay(module, activation, gradient, rates);
    if (activation !== input) activation.dispose();
    if (gradient !== tailGradient) gradient.dispose();
    gradient = previous;
  }
  if (gradient !== tailGradient) gradient?.dispose();
}

// From the batch up: each module's old weights make the next module's input.
async function replayByFeedback(
  engine: Engine,
  { trained, feedbackEnd, sources, feedbackRatio }: StepLayout,
  input: Activation,
  { result, rates }: { result: TailResult; rates: StepRates },
): Promise<void> {
  const feedbackRates = { ...rates, ratio: rates.ratio * feedbackRatio };
  let activation = input;
  for (let module = trained; module < feedbackEnd; module++) {
    const source = sources[module] === 'logits' ? result.error : result.inputGradient;
    const next =
      sources[module] && source
        ? await engine.learnByFeedback(module, activation, source, feedbackRates)
        : await engine.forward(module, module + 1, activation);
    if (activation !== input) activation.dispose();
    activation = next;
  }
  if (activation !== input) activation.dispose();
}

async function forward(
  engine: Engine,
  from: number,
  to: number,
  input: Activation,
): Promise<Activation> {
  return from === to ? input : engine.forward(from, to, input);
}
