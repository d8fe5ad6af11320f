// What comes with the page for its own digits: some to load, and another person's.
import type { Learner } from '#runtime';

import { fetchBytes } from '../package-file.ts';
import { attempt } from './busy.ts';
import { decodeExamples } from './example-record.ts';
import type { Example } from './example-record.ts';
import type { ExampleStore } from './example-store.ts';
import { findElement } from './find-element.ts';
import { shareRead } from './lesson-panel.ts';
import type { PlannedMemory } from './lesson-panel.ts';
import { percent } from './prediction-panel.ts';
import type { SampleForm } from './sample-form.ts';

/** Of the bundled person's digits, the first are to learn from and the others to test on. */
const personTrainingCount = 64;

export interface BundledDigits {
  readonly samples: readonly Example[];
  readonly person: readonly Example[];
  readonly memory: PlannedMemory;
}

export async function fetchBundledDigits({ height, width }: SampleForm): Promise<BundledDigits> {
  const fetchExamples = async (url: string): Promise<Example[]> =>
    decodeExamples(await fetchBytes(url), height * width);
  const [samples, person, memory] = await Promise.all([
    fetchExamples('sample-digits.bin'),
    fetchExamples('person-digits.bin'),
    fetch('memory.json').then((response) => response.json() as Promise<PlannedMemory>),
  ]);
  return { samples, person, memory };
}

/** What a lesson on these examples is tested on besides: the person's other digits, if it has theirs. */
export function unseenDigits(
  { person }: BundledDigits,
  examples: readonly Example[],
): readonly Example[] {
  const isTheirs = examples.some(({ origin }) => origin === 'person');
  return isTheirs ? person.slice(personTrainingCount) : [];
}

/** Connects the button that makes the person's digits examples. */
export function connectPerson(
  { person }: BundledDigits,
  { learner, form, store }: { learner: Learner; form: SampleForm; store: ExampleStore },
): void {
  findElement('person', HTMLButtonElement).addEventListener('click', () => {
    void attempt(async () => {
      await store.remove(({ origin }) => origin === 'person');
      await store.add(person.slice(0, personTrainingCount));
      const share = await shareRead(learner, form, person.slice(personTrainingCount));
      findElement('verdict', HTMLParagraphElement).textContent =
        `Of 100 other digits by this person it reads ${percent(share)}. Press Learn.`;
    });
  });
}
