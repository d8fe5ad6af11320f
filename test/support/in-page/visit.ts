// What a stranger's page does with the library: predict, learn, and on the next visit remember. A
// test compares what it returns; `openLearner` comes from wherever the page has it.
import type { openLearner as open } from '../../../targets/browser/open-learner.ts';

export interface Visit {
  readonly before: readonly number[];
  readonly after: readonly number[];
  readonly kept: boolean;
  /** Lessons that the learner remembered when it was opened. */
  readonly remembered: number;
  readonly fallbacks: readonly string[];
}

/** Twelve samples of nine values, two classes. */
const x = Array.from({ length: 12 }, (_, n) =>
  Array.from({ length: 9 }, (_value, i) => (i % 3 === n % 2 ? 20 : -10) + n),
);
const y = x.map((_, n) => n % 2);

export async function visit(openLearner: typeof open): Promise<Visit> {
  const fallbacks: string[] = [];
  const learner = await openLearner('small.onward', {
    state: 'mine',
    onFallback: (reason) => fallbacks.push(reason),
  });
  try {
    const remembered = learner.history().length;
    const before = (await learner.predict(x[0]!)).scores;
    const { kept } = await learner.learn({ x, y }, { keep: 'always', epochs: 3 });
    const after = (await learner.predict(x[0]!)).scores;
    return { before, after, kept, remembered, fallbacks };
  } finally {
    await learner[Symbol.asyncDispose]();
  }
}
