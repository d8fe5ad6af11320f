// The lessons so far, and what can be done about them: undo, save, load, forget.
import { findElement } from './find-element.ts';
import { percent } from './prediction-panel.ts';
import type { Session } from './session.ts';

const fileName = 'digits.onward-learned';
const largestFile = 64 * 2 ** 20;

export interface HistoryPanel {
  /** Draws it again. */
  show(): void;
}

/** `attempt` runs one thing at a time and shows what goes wrong; `onChange` follows other weights. */
export function historyPanel(
  session: Session,
  attempt: (work: () => Promise<void>) => Promise<void>,
  onChange: () => void,
): HistoryPanel {
  const note = findElement('kept', HTMLParagraphElement);
  const input = findElement('import-file', HTMLInputElement);
  const panel: HistoryPanel = { show: () => showLessons(session) };
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
    const { id } = await session.learner.undo();
    return `${nameOf(id)} is undone: as if it had never happened.`;
  });
  act('export', async () => {
    offerFile(await session.save());
    return `Saved as ${fileName}.`;
  });
  act('reset', async () => {
    if (!globalThis.confirm('Forget every lesson? Examples stay.')) return null;
    await session.forget();
    return 'Forgotten: the model is as it came.';
  });
  findElement('import', HTMLButtonElement).addEventListener('click', () => input.click());
  input.addEventListener('change', () => {
    const [file] = input.files ?? [];
    if (file === undefined) return;
    void run(async () => {
      if (file.size > largestFile) throw new RangeError(`${file.name}: expected at most 64 MiB`);
      await session.load(new Uint8Array(await file.arrayBuffer()));
      return `Loaded ${file.name}.`;
    }).finally(() => (input.value = ''));
  });
  return panel;
}

function showLessons({ learner }: Session): void {
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
    const fate = stands ? 'in use' : kept ? 'undone' : 'not kept';
    const detail = `${lesson.samples} examples, ${percent(lesson.accuracyBefore)} → ${percent(lesson.accuracyAfter)}, ${fate}`;
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

function nameOf(id: string): string {
  return id.replace(/^lesson-/, 'Lesson ');
}

function offerFile(bytes: Uint8Array<ArrayBuffer>): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([bytes]));
  link.download = fileName;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
