// How two models did on the last labels of a stream: the one that learns there, before it learned each, and
// the one that was kept.
import { judgeLogits, meanLoss } from './accuracy.ts';
import type { Judgement } from './accuracy.ts';
import type { Judged } from './gate.ts';

/** Labels that count. */
const most = 256;

const nothing: Judged = {
  before: { isRight: [], loss: [] },
  after: { isRight: [], loss: [] },
};

export class StreamTally {
  #judged = nothing;

  /** The kept model as `before`, the learning one as `after`. */
  get judged(): Judged {
    return this.#judged;
  }

  /** Float32 logits [labels, classes] by both models; returns the learning one's mean loss. */
  add(kept: Float32Array, learning: Float32Array, labels: readonly number[]): number {
    const { before, after } = this.#judged;
    const own = judgeLogits(learning, labels);
    this.#judged = {
      before: lastOf(before, judgeLogits(kept, labels)),
      after: lastOf(after, own),
    };
    return meanLoss(own);
  }

  clear(): void {
    this.#judged = nothing;
  }
}

function lastOf(before: Judgement, now: Judgement): Judgement {
  return {
    isRight: [...before.isRight, ...now.isRight].slice(-most),
    loss: [...before.loss, ...now.loss].slice(-most),
  };
}
