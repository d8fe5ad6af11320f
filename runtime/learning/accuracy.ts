import type { Engine } from '../engine.ts';
import type { Examples } from './examples.ts';

/** One each for every example. */
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

/** What the model makes of uint8 examples, `size` values each. */
export async function judge(
  engine: Engine,
  { samples, labels }: Examples,
  size: number,
): Promise<Judgement> {
  const isRight: boolean[] = [];
  const loss: number[] = [];
  const chunk = 16;
  for (let start = 0; start < labels.length; start += chunk) {
    const end = Math.min(labels.length, start + chunk);
    const logits = await engine.predict(samples.subarray(start * size, end * size), end - start);
    const classes = logits.length / (end - start);
    for (let index = start; index < end; index++) {
      const offset = (index - start) * classes;
      const label = labels[index]!;
      isRight.push(argmax(logits, offset, classes) === label);
      loss.push(-Math.log(Math.max(1e-7, softmax(logits, offset, classes)[label]!)));
    }
  }
  return { isRight, loss };
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
  return rightShare(await judge(engine, { samples, labels }, size));
}
