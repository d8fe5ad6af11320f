// Which lessons stand. Every kept lesson starts from the weights of another, so the weights in use
// have one line of lessons behind them, down to the package (0); undone ones lie beside it.
import type { Entry, LessonEntry } from './journal.ts';

export interface Timeline {
  readonly lessons: ReadonlyMap<number, LessonEntry>;
  /** The lesson whose weights are in use. */
  readonly current: number;
  /** The highest number given so far. */
  readonly last: number;
}

export function timelineOf(entries: readonly Entry[], after: number): Timeline {
  const lessons = new Map<number, LessonEntry>();
  let [current, last] = [0, after];
  for (const entry of entries) {
    if (entry.kind === 'lesson') {
      lessons.set(entry.number, entry);
      last = Math.max(last, entry.number);
      if (entry.kept) current = entry.number;
    } else {
      current = entry.to;
    }
  }
  return { lessons, current, last };
}

/** `from` and the lessons before it, newest first, without the package; ends where one is unknown. */
export function lineOf(lessons: ReadonlyMap<number, LessonEntry>, from: number): number[] {
  const line: number[] = [];
  let number = from;
  while (number > 0 && !line.includes(number)) {
    line.push(number);
    number = lessons.get(number)?.parent ?? 0;
  }
  return line;
}
