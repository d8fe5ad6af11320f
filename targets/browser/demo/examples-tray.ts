// The examples as a person sees them: how many of each class, and each with a button to delete it.
import { drawPixels } from './draw-pixels.ts';
import type { Example } from './example-record.ts';
import { findElement } from './find-element.ts';
import type { SampleForm } from './sample-form.ts';

/** Of classes without examples, no more than these are listed. */
const mostEmpty = 12;

export interface ExamplesTray {
  /** Draws it again. */
  show(examples: readonly Example[], labels: readonly string[]): void;
}

/** `onDelete` hears which example was pressed. */
export function examplesTray(form: SampleForm, onDelete: (example: Example) => void): ExamplesTray {
  const tray = findElement('tray', HTMLUListElement);
  const counts = findElement('counts', HTMLUListElement);
  const count = findElement('count', HTMLParagraphElement);
  const items = new Map<Example, HTMLLIElement>();
  moveByArrowKeys(tray);
  return {
    show(examples, labels) {
      for (const [example, item] of items) {
        if (examples.includes(example)) continue;
        item.remove();
        items.delete(example);
      }
      for (const example of examples) {
        if (items.has(example)) continue;
        const item = itemOf(example, form, () => onDelete(example));
        items.set(example, item);
        tray.append(item);
      }
      if (tray.querySelector('[tabindex="0"]') === null) {
        tray.querySelector('button')?.setAttribute('tabindex', '0');
      }
      counts.replaceChildren(...countsOf(examples, labels));
      count.textContent =
        examples.length === 0
          ? 'None yet. About five of each class go a long way.'
          : `${examples.length} ${examples.length === 1 ? 'example' : 'examples'}, kept on this device. Press one to delete it.`;
    },
  };
}

function itemOf(example: Example, form: SampleForm, onPress: () => void): HTMLLIElement {
  const item = document.createElement('li');
  const button = document.createElement('button');
  Object.assign(button, { type: 'button', tabIndex: -1 });
  button.setAttribute('aria-label', `Delete this example of ${example.label}`);
  const canvas = document.createElement('canvas');
  const side = Math.max(form.width, form.height);
  Object.assign(canvas, { width: (72 * form.width) / side, height: (72 * form.height) / side });
  const context = canvas.getContext('2d');
  if (context !== null) drawPixels(context, example.pixels, form);
  const caption = document.createElement('span');
  caption.textContent = example.label;
  button.append(canvas, caption);
  button.addEventListener('click', () => {
    const next = item.nextElementSibling ?? item.previousElementSibling;
    onPress();
    next?.querySelector('button')?.focus(); // or the focus would be lost with the button
  });
  item.append(button);
  return item;
}

/** One stop for Tab, however many examples there are. */
function moveByArrowKeys(tray: HTMLUListElement): void {
  tray.addEventListener('keydown', (event) => {
    const buttons = Array.from(tray.querySelectorAll('button'));
    const at = buttons.findIndex((button) => button === document.activeElement);
    const steps: Readonly<Record<string, number>> = { ArrowLeft: -1, ArrowRight: 1 };
    const next = buttons[at + (steps[event.key] ?? 0)];
    if (steps[event.key] === undefined || next === undefined) return;
    event.preventDefault();
    next.focus();
  });
  tray.addEventListener('focusin', ({ target }) => {
    for (const button of tray.querySelectorAll('button')) {
      button.tabIndex = button === target ? 0 : -1;
    }
  });
}

function countsOf(examples: readonly Example[], labels: readonly string[]): HTMLLIElement[] {
  const counts = new Map<string, number>();
  if (labels.length <= mostEmpty) for (const label of labels) counts.set(label, 0);
  for (const { label } of examples) counts.set(label, (counts.get(label) ?? 0) + 1);
  return Array.from(counts, ([label, count]) => {
    const item = document.createElement('li');
    const name = document.createElement('b');
    name.textContent = label;
    item.append(name, ` × ${count}`);
    item.classList.toggle('none', count === 0);
    return item;
  });
}
