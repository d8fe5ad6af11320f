// Classes that a person adds: named, shown a few times, learned, and taken back.
import { outputRows } from '#runtime';
import type { Learner } from '#runtime';

import { attempt, report } from './busy.ts';
import type { Example } from './example-record.ts';
import type { ExampleStore } from './example-store.ts';
import { findElement } from './find-element.ts';

/** Fewer say too little of what a class is. */
const fewestExamples = 3;

export interface NewClassActions {
  readonly learner: Learner;
  readonly store: ExampleStore;
  /** Pixels of what is shown now; null for nothing. */
  readonly read: () => Uint8Array | null;
  /** After an example was taken. */
  readonly onTaken: () => void;
  /** Teaches the class from these examples; resolves with whether it was kept. */
  readonly teach: (label: string, examples: readonly Example[]) => Promise<boolean>;
  /** Takes the class back. */
  readonly remove: (label: string) => Promise<void>;
}

export interface NewClassPanel {
  /** Draws it again. */
  show(): void;
}

export function newClassPanel(actions: NewClassActions): NewClassPanel {
  const { learner, store, read, onTaken, teach, remove } = actions;
  const name = findElement('class-name', HTMLInputElement);
  const take = findElement('class-take', HTMLButtonElement);
  const add = findElement('class-add', HTMLButtonElement);
  const note = findElement('class-note', HTMLParagraphElement);
  const label = (): string => name.value.trim();
  const own = (): readonly Example[] =>
    store.examples.filter((example) => example.label === label());
  const isFree = (): boolean => label() !== '' && !learner.labels.includes(label());

  function show(): void {
    const { length } = own();
    const spare = outputRows(learner.content) - learner.labels.length;
    take.textContent =
      length === 0 || !isFree() ? 'Take this one' : `Take this one (${length} so far)`;
    add.disabled = !isFree() || length < fewestExamples || spare === 0;
    note.textContent = hintOf(spare, length);
    showAdded(learner, (added) => void attempt(() => remove(added)));
  }

  function hintOf(spare: number, count: number): string {
    if (spare === 0) return 'There is no room for more. Remove one to add another.';
    if (learner.labels.includes(label())) return `It knows ${label()} already.`;
    if (label() === '' || count === 0) return 'Name it, then show it five times or so.';
    const left = fewestExamples - count;
    return left > 0 ? `Show ${left} more of it at least.` : 'More make it surer. Or teach it now.';
  }

  name.addEventListener('input', show);
  take.addEventListener('click', () => {
    const pixels = read();
    if (!isFree()) {
      note.textContent = label() === '' ? 'Give it a name first.' : `It knows ${label()} already.`;
      name.focus();
    } else if (pixels === null) note.textContent = 'There is nothing to take yet.';
    else {
      void store.add([{ label: label(), origin: 'own', pixels }]).catch(report);
      onTaken();
      show();
    }
  });
  add.addEventListener('click', () => {
    void attempt(async () => {
      if (await teach(label(), own())) name.value = '';
      show();
    });
  });
  return { show };
}

function showAdded({ content, labels }: Learner, onRemove: (label: string) => void): void {
  const list = findElement('classes-added', HTMLUListElement);
  list.replaceChildren(
    ...labels.slice(content.labels.length).map((label) => {
      const item = document.createElement('li');
      const caption = document.createElement('b');
      caption.textContent = label;
      const button = document.createElement('button');
      Object.assign(button, { type: 'button', textContent: 'Remove' });
      button.dataset['exclusive'] = '';
      button.setAttribute('aria-label', `Remove ${label}`);
      button.addEventListener('click', () => onRemove(label));
      item.append(caption, button);
      return item;
    }),
  );
}
