// A lesson as a person sees it: progress, the loss, and what came of it.
import type { KeptLesson, Learner } from '#runtime';

import { sampleOf } from './digit-record.ts';
import type { Digit } from './digit-record.ts';
import { findElement } from './find-element.ts';
import { lossCurve } from './loss-curve.ts';
import { percent } from './prediction-panel.ts';
import type { Session } from './session.ts';

/** From the build; bytes that a step needs over the opened model. */
export interface PlannedMemory {
  readonly peakLearnBytes: number;
  readonly backpropBytes: number;
}

export interface LessonMaterial {
  readonly session: Session;
  /** To learn from. */
  readonly digits: readonly Digit[];
  /** Digits of the bundled person that are never learned; empty where none of theirs is learned. */
  readonly unseen: readonly Digit[];
}

interface Outcome {
  readonly lesson: KeptLesson;
  readonly msPerStep: number;
  readonly peakBytes: number | null;
  /** Of the unseen digits; NaN where there are none. */
  readonly unseenBefore: number;
  readonly unseenAfter: number;
}

export interface LessonPanel {
  /** Teaches and reports; resolves when the lesson is over. Throws what the lesson throws. */
  run(material: LessonMaterial): Promise<void>;
}

export function lessonPanel(memory: PlannedMemory): LessonPanel {
  const area = findElement('lesson', HTMLDivElement);
  const stop = findElement('stop', HTMLButtonElement);
  const verdict = findElement('verdict', HTMLParagraphElement);
  const report = findElement('report', HTMLDListElement);
  let ending = new AbortController();
  stop.addEventListener('click', () => {
    verdict.textContent = 'Stopping…';
    ending.abort();
  });
  return {
    async run(material) {
      ending = new AbortController();
      verdict.textContent = 'Learning…';
      [area.hidden, stop.hidden, report.hidden] = [false, false, true];
      try {
        const outcome = await teach(material, ending.signal);
        verdict.textContent = verdictOf(outcome, ending.signal.aborted);
        showReport(report, outcome, memory);
        report.hidden = false;
      } catch (error) {
        verdict.textContent = '';
        throw error;
      } finally {
        if (document.activeElement === stop) findElement('learn', HTMLButtonElement).focus();
        stop.hidden = true;
      }
    },
  };
}

async function teach(
  { session, digits, unseen }: LessonMaterial,
  signal: AbortSignal,
): Promise<Outcome> {
  const { learner } = session;
  const progress = findElement('progress', HTMLProgressElement);
  const text = findElement('step', HTMLParagraphElement);
  const curve = lossCurve(findElement('curve', HTMLDivElement));
  progress.value = 0;
  text.textContent = 'Getting ready…';
  const unseenBefore = await shareRead(learner, unseen);
  const times: number[] = [];
  let last = 0;
  const lesson = await learner.learn(
    { x: digits.map(sampleOf), y: digits.map(({ label }) => label) },
    {
      signal,
      onProgress({ step, steps, epoch, loss }) {
        const now = performance.now();
        if (last > 0) times.push(now - last);
        last = now;
        progress.value = step / steps;
        text.textContent = `Step ${step} of ${steps}, round ${epoch + 1}`;
        curve.add(step, steps, loss);
      },
    },
  );
  progress.value = 1;
  const unseenAfter = await shareRead(learner, unseen);
  const { peakBytes } = session;
  return { lesson, msPerStep: median(times), peakBytes, unseenBefore, unseenAfter };
}

/** Fraction of the digits that are read right; NaN for none. */
export async function shareRead(learner: Learner, digits: readonly Digit[]): Promise<number> {
  if (digits.length === 0) return NaN;
  const predictions = await learner.predictAll(digits.map(sampleOf));
  const right = predictions.filter(({ label }, index) => label === String(digits[index]?.label));
  return right.length / digits.length;
}

function verdictOf({ lesson, unseenBefore, unseenAfter }: Outcome, isStopped: boolean): string {
  if (isStopped) return 'Stopped. Nothing was changed.';
  if (!lesson.kept) return 'Not kept: it read fewer of the held-out examples. Nothing was changed.';
  if (Number.isNaN(unseenAfter)) return 'Kept. Draw another one and see.';
  return `Kept. Of 100 digits by this person that it never saw, it read ${percent(unseenBefore)} before and reads ${percent(unseenAfter)} now.`;
}

function showReport(
  list: HTMLDListElement,
  { lesson, msPerStep, peakBytes, unseenBefore, unseenAfter }: Outcome,
  { peakLearnBytes, backpropBytes }: PlannedMemory,
): void {
  const { accuracyBefore, accuracyAfter, holdout, steps, samples } = lesson;
  const judges =
    holdout > 0 ? `${holdout} of ${samples}, held out` : `all ${samples}; too few to hold any out`;
  const rows: [string, string][] = [
    ['Judged on', judges],
    ['Read right before', percent(accuracyBefore)],
    ['Read right after', percent(accuracyAfter)],
    ['Kept', lesson.kept ? 'yes' : 'no'],
    ['Time', `${msPerStep.toFixed(1)} ms a step, ${steps} steps`],
    [
      'GPU memory at most, weights included',
      peakBytes === null ? 'none used' : `${kilobytes(peakBytes)}, measured`,
    ],
    ['Memory of a step on a processor', `${kilobytes(peakLearnBytes)}, planned`],
    ['The same by float backpropagation', `${kilobytes(backpropBytes)}, planned`],
  ];
  if (!Number.isNaN(unseenAfter)) {
    rows.splice(3, 0, [
      'This person’s unseen digits',
      `${percent(unseenBefore)} → ${percent(unseenAfter)}`,
    ]);
  }
  list.replaceChildren(
    ...rows.map(([name, value]) => {
      const row = document.createElement('div');
      const [term, detail] = [document.createElement('dt'), document.createElement('dd')];
      [term.textContent, detail.textContent] = [name, value];
      row.append(term, detail);
      return row;
    }),
  );
}

function kilobytes(bytes: number): string {
  return `${Math.round(bytes / 1024).toLocaleString('en')} KiB`;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
