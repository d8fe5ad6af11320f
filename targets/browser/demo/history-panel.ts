// The lessons so far, and what can be done about them: undo, save, load, forget.
import type { Learner, LessonRecord } from '#runtime';

import { attempt } from './busy.ts';
import { findElement } from './find-element.ts';
import { percent } from './prediction-panel.ts';

const largestFile = 64 * 2 ** 20;

export interface HistoryPanel {
  /** Draws it again. */
  show(): void;
}

/** `fileName` is that of a file that is saved; `onChange` follows other weights and classes. */
export function historyPanel(
  learner: Learner,
  fileName: string,
  onChange: () => void,
): HistoryPanel {
  const note = findElement('kept', HTMLParagraphElement);
  const input = findElement('import-file', HTMLInputElement);
  const panel: HistoryPanel = { show: () => showLessons(learner) };
  const act = (id: string, work: () => Promise<string | null>): void =>
    findElement(id, HTMLButtonElement).addEventListener('click', () => void run(work));
  const run = (work: () => Promise<string | null>): Promise<void> =>
    attempt(async () => {
      const text = await work();
      if (text === null) return;
      panel.show();
      onChange();
      note.textContent = text;
    });

  act('undo', async () => {
    const { id } = await learner.undo();
    return `${nameOf(id)} is undone: as if it had never happened.`;
  });
  act('export', async () => {
    offerFile(await learner.save(), fileName);
    return `Saved as ${fileName}.`;
  });
  act('reset', async () => {
    if (!globalThis.confirm('Forget every lesson, for good? The examples above stay.')) return null;
    await learner.forget();
    return 'Forgotten: the model is as it came.';
  });
  findElement('import', HTMLButtonElement).addEventListener('click', () => input.click());
  input.addEventListener('change', () => {
    const [file] = input.files ?? [];
    if (file === undefined) return;
    void run(async () => {
      if (file.size > largestFile) throw new RangeError(`${file.name}: expected at most 64 MiB`);
      await learner.load(new Uint8Array(await file.arrayBuffer()));
      return `Loaded ${file.name}.`;
    }).finally(() => (input.value = ''));
  });
  return panel;
}

function showLessons(learner: Learner): void {
  const lessons = learner.history().toReversed();
  const items = lessons.map(({ id, time, kept, stands, ...lesson }) => {
    const item = document.createElement('li');
    const name = document.createElement('b');
    name.textContent = nameOf(id);
    const when = document.createElement('time');
    when.dateTime = new Date(time).toISOString();
    when.textContent = new Date(time).toLocaleString(undefined, {
      dateStyle: 'medium',
      timeStyle: 'short',
    });
    const detail = `${whatOf(lesson, kept)}, ${stands ? 'in use' : kept ? 'undone' : 'not kept'}`;
    item.classList.toggle('faded', !stands);
    item.append(name, ' ', when, document.createElement('br'), detail);
    return item;
  });
  findElement('history', HTMLOListElement).replaceChildren(...items);
  findElement('history-empty', HTMLParagraphElement).hidden = lessons.length > 0;
  findElement('undo', HTMLButtonElement).disabled = !lessons.some(({ stands }) => stands);
  for (const id of ['export', 'reset']) {
    findElement(id, HTMLButtonElement).disabled = lessons.length === 0;
  }
}

function whatOf(
  {
    cause,
    ...lesson
  }: Pick<LessonRecord, 'samples' | 'accuracyBefore' | 'accuracyAfter' | 'cause'>,
  kept: boolean,
): string {
  if (lesson.samples === 0) return cause ?? 'nothing learned';
  const result = `${lesson.samples} examples, ${percent(lesson.accuracyBefore)} → ${percent(lesson.accuracyAfter)}`;
  return cause === null ? result : kept ? `${cause}: ${result}` : `${result}, ${cause}`;
}

function nameOf(id: string): string {
  return id.replace(/^lesson-/, 'Lesson ');
}

function offerFile(bytes: Uint8Array<ArrayBuffer>, fileName: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([bytes]));
  link.download = fileName;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
