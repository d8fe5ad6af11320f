// The graph while it is imported: nodes that point at each other, so that later passes can merge
// them. Numbers are given at the end.
import type { Clamp, OperatorAttributes, OperatorName, Quantization, Shape } from '#runtime';

export type Operation = {
  [Name in OperatorName]: {
    readonly operator: Name;
    readonly attributes: OperatorAttributes[Name];
  };
}[OperatorName];

/** What a conv or dense computes with, and the integers it came from where the file has them. */
export interface DraftLayer {
  /** As the operator's weightShape, float32. */
  weights: Float32Array;
  bias: Float32Array;
  /** Integers less their zero point, as weights; one scale per output channel. */
  quantized: { weights: Int16Array; scales: Float32Array } | null;
  /** The bias as integers at these scales; null once something was added to it. */
  quantizedBias: { bias: Int32Array; scales: Float32Array } | null;
  /** One factor and one shift per channel: may be merged into a neighbour. */
  readonly isAffine: boolean;
}

export interface Draft {
  readonly name: string;
  /** Null for the graph's input. */
  operation: Operation | null;
  inputs: Draft[];
  readonly shape: Shape;
  quantization: Quantization | null;
  readonly layer: DraftLayer | null;
  /** Of a recurrent layer: its linear map on the hidden state; `layer` is the one on the input. */
  hiddenLayer: DraftLayer | null;
}

export const relu: Clamp = { minimum: 0, maximum: Infinity };

/** First one clamp, then the other. */
export function composeClamps(first: Clamp | null, second: Clamp): Clamp {
  if (first === null) return second;
  const within = (value: number): number => {
    return Math.min(second.maximum, Math.max(second.minimum, value));
  };
  return { minimum: within(first.minimum), maximum: within(first.maximum) };
}

/** Every draft that `output` needs, inputs first. */
export function inOrder(drafts: readonly Draft[], output: Draft): Draft[] {
  const needed = new Set([output]);
  for (const draft of drafts.toReversed()) {
    if (needed.has(draft)) for (const input of draft.inputs) needed.add(input);
  }
  return drafts.filter((draft) => needed.has(draft));
}

export function sameQuantization(a: Quantization | null, b: Quantization | null): boolean {
  return a?.scale === b?.scale && a?.zeroPoint === b?.zeroPoint;
}
