import type { Engine } from '../engine.ts';

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

/** Fraction of uint8 `samples` (`size` values each) whose largest logit is their label; NaN for none. */
export async function accuracyOf(
  engine: Engine,
  samples: Uint8Array,
  labels: ArrayLike<number>,
  size: number,
): Promise<number> {
  const count = samples.length / size;
  const chunk = 16;
  let correct = 0;
  for (let start = 0; start < count; start += chunk) {
    const end = Math.min(count, start + chunk);
    const logits = await engine.predict(samples.subarray(start * size, end * size), end - start);
    const classes = logits.length / (end - start);
    for (let index = start; index < end; index++) {
      if (argmax(logits, (index - start) * classes, classes) === labels[index]) correct++;
    }
  }
  return correct / count;
}
