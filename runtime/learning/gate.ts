// Whether a lesson is kept. Before and after are compared example by example: with few of them a
// difference of two accuracies is mostly chance, and those that changed are what tells. Where every
// step has a label, it is step by step.
import type { Judgement } from './accuracy.ts';
import { rightShare } from './accuracy.ts';

export interface Judged {
  readonly before: Judgement;
  readonly after: Judgement;
}

/** Fractions of the labels that judged, 0 to 1. */
export interface Accuracies {
  readonly accuracyBefore: number;
  readonly accuracyAfter: number;
  /** Of examples of earlier lessons; null without any. */
  readonly oldAccuracyBefore: number | null;
  readonly oldAccuracyAfter: number | null;
}

export function accuraciesOf(own: Judged, old: Judged): Accuracies {
  return {
    accuracyBefore: rightShare(own.before),
    accuracyAfter: rightShare(own.after),
    oldAccuracyBefore: orNull(rightShare(old.before)),
    oldAccuracyAfter: orNull(rightShare(old.after)),
  };
}

function orNull(share: number): number | null {
  return Number.isNaN(share) ? null : share;
}

/** Why a lesson is not kept; null where it helped on its own examples, as `those` names them, and did not harm old ones. */
export function whyNot(own: Judged, old: Judged, those = 'the examples held out'): string | null {
  if (!hasHelped(own)) return `no better on ${those}`;
  return hasHarmed(old) ? 'worse on earlier examples' : null;
}

/** The same for a new class, which has to gain more accuracy than the others lose. */
export function whyNoClass(own: Judged, old: Judged): string | null {
  const fall = old.before.isRight.length > 0 ? rightShare(old.before) - rightShare(old.after) : 0;
  const rise = rightShare(own.after) - rightShare(own.before);
  return rise > fall ? null : 'the new class gains less than the others lose';
}

/**
 * More examples became right than wrong; or as many, while some are wrong, and the mean loss fell by more
 * than its standard error. Where all were right there is nothing to gain.
 */
function hasHelped(judged: Judged): boolean {
  const gained = gainOf(judged);
  if (gained !== 0 || rightShare(judged.before) === 1) return gained > 0;
  const rises = judged.after.loss.map((loss, i) => loss - judged.before.loss[i]!);
  const mean = sum(rises) / rises.length;
  const squares = sum(rises.map((rise) => (rise - mean) ** 2));
  return mean < 0 && mean ** 2 * rises.length * (rises.length - 1) > squares;
}

/**
 * More examples became wrong than right, and by more than chance: were either as likely of the n that
 * changed, the difference would have a standard deviation of sqrt(n); this asks for two.
 */
function hasHarmed(judged: Judged): boolean {
  const { before, after } = judged;
  const changed = before.isRight.filter((right, i) => right !== after.isRight[i]).length;
  return -gainOf(judged) > 2 * Math.sqrt(changed);
}

function gainOf({ before, after }: Judged): number {
  return after.isRight.filter(Boolean).length - before.isRight.filter(Boolean).length;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
