import type { Engine } from '../engine.ts';
import type { Examples, SampleSize } from './examples.ts';
import { logitsOf } from './logits-of.ts';

/** One each for every label. */
export interface Judgement {
  readonly isRight: readonly boolean[];
  /** Cross-entropy in nats, at most 16. */
  readonly loss: readonly number[];
}

/** Index of the largest of `classes` logits starting at `offset`; the first of equals. */
export function argmax(logits: Float32Array, offset: number, classes: number): number {
  let best = 0;
  for (let c = 1; c < classes; c++) {
    if (logits[offset + c]! > logits[offset + best]!) best = c;
  }
  return best;
}

/** softmax of `classes` logits starting at `offset`, in double precision. */
export function softmax(logits: Float32Array, offset: number, classes: number): number[] {
  const values = Array.from(logits.subarray(offset, offset + classes));
  const largest = Math.max(...values);
  const powers = values.map((value) => Math.exp(value - largest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}

/** What the model makes of uint8 examples, at each position that has a label. */
export async function judge(
  engine: Engine,
  examples: Examples,
  form: SampleSize,
): Promise<Judgement> {
  return judgeLogits(await logitsOf(engine, examples, form), examples.labels);
}

/** Of float32 logits [labels, classes]; a label of -1 is not judged. */
export function judgeLogits(logits: Float32Array, labels: ArrayLike<number>): Judgement {
  const classes = logits.length / labels.length;
  const judged = Array.from(labels, (label, n) => [label, n * classes] as const).filter(
    ([label]) => label >= 0,
  );
  return {
    isRight: judged.map(([label, offset]) => argmax(logits, offset, classes) === label),
    loss: judged.map(([label, offset]) => lossAt(logits, offset, classes, label)),
  };
}

/** In nats; 0 where nothing was judged. */
export function meanLoss({ loss }: Judgement): number {
  return loss.reduce((sum, each) => sum + each, 0) / Math.max(1, loss.length);
}

/** Cross-entropy of `label` in nats, at most 16. */
function lossAt(logits: Float32Array, offset: number, classes: number, label: number): number {
  return -Math.log(Math.max(1e-7, softmax(logits, offset, classes)[label]!));
}

/** Fraction of right ones; NaN for none. */
export function rightShare({ isRight }: Judgement): number {
  return isRight.filter(Boolean).length / isRight.length;
}

/** Fraction of uint8 `samples` (`size` values each) whose largest logit is their label; NaN for none. */
export async function accuracyOf(
  engine: Engine,
  samples: Uint8Array,
  labels: ArrayLike<number>,
  size: number,
): Promise<number> {
  return rightShare(await judge(engine, { samples, labels }, { size, steps: 0 }));
}
