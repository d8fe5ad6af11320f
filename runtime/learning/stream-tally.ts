// How two models did on the last labels of a stream: the one that learns there, before it learned each, and
// the one that was kept.
import { argmax, lossAt } from './accuracy.ts';
import type { Judged } from './gate.ts';

/** Labels that count. */
const most = 256;

interface Pair {
  readonly kept: Verdict;
  readonly learning: Verdict;
}

interface Verdict {
  readonly isRight: boolean;
  readonly loss: number;
}

export class StreamTally {
  #pairs: Pair[] = [];

  /** The kept model as `before`, the learning one as `after`. */
  get judged(): Judged {
    const of = (who: keyof Pair): Judged['before'] => ({
      isRight: this.#pairs.map((pair) => pair[who].isRight),
      loss: this.#pairs.map((pair) => pair[who].loss),
    });
    return { before: of('kept'), after: of('learning') };
  }

  /** Float32 logits of every position by both models; returns the learning one's mean loss. */
  add(
    kept: Float32Array,
    learning: Float32Array,
    { labels, classes }: { readonly labels: readonly number[]; readonly classes: number },
  ): number {
    const added = labels.flatMap((label, position) => {
      const verdict = (logits: Float32Array): Verdict => ({
        isRight: argmax(logits, position * classes, classes) === label,
        loss: lossAt(logits, position * classes, classes, label),
      });
      return label < 0 ? [] : [{ kept: verdict(kept), learning: verdict(learning) }];
    });
    this.#pairs = [...this.#pairs, ...added].slice(-most);
    return added.reduce((sum, { learning: { loss } }) => sum + loss, 0) / added.length;
  }

  clear(): void {
    this.#pairs = [];
  }
}
