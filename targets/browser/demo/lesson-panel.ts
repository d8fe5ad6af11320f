// A lesson as a person sees it: progress, the loss, and what came of it.
import type { KeptLesson, Learner, LessonOptions } from '#runtime';

import type { Example } from './example-record.ts';
import { findElement } from './find-element.ts';
import { lossCurve } from './loss-curve.ts';
import { percent } from './prediction-panel.ts';
import type { SampleForm } from './sample-form.ts';
import type { Session } from './session.ts';

/** From the build; bytes that a step needs over the opened model. */
export interface PlannedMemory {
  readonly peakLearnBytes: number;
  readonly backpropBytes: number;
}

export interface LessonMaterial {
  readonly session: Session;
  readonly form: SampleForm;
  readonly learn: (options: LessonOptions) => Promise<KeptLesson>;
  /** What to say of a lesson that was kept. */
  readonly success: string;
  /** Digits of the bundled person that are never learned; empty where none of theirs is learned. */
  readonly unseen: readonly Example[];
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
  /** Teaches and reports; resolves with whether it was kept. Throws what the lesson throws. */
  run(material: LessonMaterial): Promise<boolean>;
}

/** `memory` is null for a package that the build knows nothing of. */
export function lessonPanel(memory: PlannedMemory | null): LessonPanel {
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
        verdict.textContent = verdictOf(outcome, material.success);
        showReport(report, outcome, memory);
        report.hidden = false;
        return outcome.lesson.kept;
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
  { session, form, learn, unseen }: LessonMaterial,
  signal: AbortSignal,
): Promise<Outcome> {
  const { learner } = session;
  const progress = findElement('progress', HTMLProgressElement);
  const text = findElement('step', HTMLParagraphElement);
  const curve = lossCurve(findElement('curve', HTMLDivElement));
  progress.value = 0;
  text.textContent = 'Getting ready…';
  const unseenBefore = await shareRead(learner, form, unseen);
  const times: number[] = [];
  let last = 0;
  const lesson = await learn({
    signal,
    onProgress({ step, steps, epoch, loss }) {
      const now = performance.now();
      if (last > 0) times.push(now - last);
      last = now;
      progress.value = step / steps;
      text.textContent = `Step ${step} of ${steps}, round ${epoch + 1}`;
      curve.add(step, steps, loss);
    },
  });
  progress.value = 1;
  if (lesson.steps === 0) text.textContent = 'Made from its examples; all else stays as it was.';
  const unseenAfter = await shareRead(learner, form, unseen);
  const { peakBytes } = session;
  return { lesson, msPerStep: median(times), peakBytes, unseenBefore, unseenAfter };
}

/** Fraction of the examples that are read right; NaN for none. */
export async function shareRead(
  learner: Learner,
  form: SampleForm,
  examples: readonly Example[],
): Promise<number> {
  if (examples.length === 0) return NaN;
  const predictions = await learner.predictAll(examples.map(({ pixels }) => form.sampleOf(pixels)));
  const right = predictions.filter(({ label }, index) => label === examples[index]?.label);
  return right.length / examples.length;
}

function verdictOf({ lesson, unseenBefore, unseenAfter }: Outcome, success: string): string {
  if (lesson.cause === 'aborted') return 'Stopped. Nothing was changed.';
  if (!lesson.kept) return `Not kept: ${lesson.cause ?? 'no reason given'}. Nothing was changed.`;
  if (Number.isNaN(unseenAfter)) return `Kept. ${success}`;
  return `Kept. Of 100 digits by this person that it never saw, it read ${percent(unseenBefore)} before and reads ${percent(unseenAfter)} now.`;
}

function showReport(
  list: HTMLDListElement,
  { lesson, msPerStep, peakBytes, unseenBefore, unseenAfter }: Outcome,
  memory: PlannedMemory | null,
): void {
  const { accuracyBefore, accuracyAfter, holdout, steps, samples } = lesson;
  const { oldHoldout, oldAccuracyBefore, oldAccuracyAfter } = lesson;
  const judges =
    holdout > 0 ? `${holdout} of ${samples}, held out` : `all ${samples}; too few to hold any out`;
  const rows: [string, string][] = [
    ['Judged on', judges],
    ['Read right before', percent(accuracyBefore)],
    ['Read right after', percent(accuracyAfter)],
    ['Kept', lesson.kept ? 'yes' : 'no'],
    ['Time', steps === 0 ? 'no steps' : `${msPerStep.toFixed(1)} ms a step, ${steps} steps`],
    [
      'GPU memory at most, weights included',
      peakBytes === null ? 'none used' : `${kilobytes(peakBytes)}, measured`,
    ],
  ];
  if (oldAccuracyBefore !== null && oldAccuracyAfter !== null) {
    rows.splice(3, 0, [
      `${oldHoldout} earlier examples`,
      `${percent(oldAccuracyBefore)} → ${percent(oldAccuracyAfter)}`,
    ]);
  }
  if (memory !== null) {
    rows.push(
      ['Memory of a step on a processor', `${kilobytes(memory.peakLearnBytes)}, planned`],
      ['The same by float backpropagation', `${kilobytes(memory.backpropBytes)}, planned`],
    );
  }
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
