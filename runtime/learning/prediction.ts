// What a model says of one sample or step: its logits as probabilities of the classes in use.
import { inferShapes } from '../graph/graph.ts';
import type { PackageContent } from '../package/content.ts';
import { argmax, softmax } from './accuracy.ts';

export interface Prediction {
  readonly label: string;
  /** Probability of `label`, 0 to 1. */
  readonly score: number;
  /** Probability of each class, in the order of the labels. */
  readonly scores: readonly number[];
}

/** Of the logits from `offset` on; rows after those of `labels` are spare. */
export function predictionAt(
  logits: Float32Array,
  offset: number,
  labels: readonly string[],
): Prediction {
  const scores = softmax(logits, offset, labels.length);
  const best = argmax(logits, offset, labels.length);
  return { label: labels[best]!, score: scores[best]!, scores };
}

/** Class count of a package: its output rows, spare ones included. */
export function outputRows({ model }: Pick<PackageContent, 'model'>): number {
  return inferShapes(model.graph).at(-1)![2];
}

/** Steps that the model has logits of, 1 of most models. */
export function logitPositions({ model }: Pick<PackageContent, 'model'>): number {
  const [height, width] = inferShapes(model.graph).at(-1)!;
  return height * width;
}
