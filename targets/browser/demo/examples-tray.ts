// The examples as a person sees them: how many of each digit, and each with a button to delete it.
import { side } from './digit-record.ts';
import type { Digit } from './digit-record.ts';
import { drawDigit } from './draw-digit.ts';
import { findElement } from './find-element.ts';

/** Draws the tray; call it again after a change. `onDelete` hears which one was pressed. */
export function examplesTray(onDelete: (digit: Digit) => void): (digits: readonly Digit[]) => void {
  const tray = findElement('tray', HTMLUListElement);
  const counts = findElement('counts', HTMLUListElement);
  const count = findElement('count', HTMLParagraphElement);
  const items = new Map<Digit, HTMLLIElement>();
  moveByArrowKeys(tray);
  return (digits) => {
    for (const [digit, item] of items) {
      if (digits.includes(digit)) continue;
      item.remove();
      items.delete(digit);
    }
    for (const digit of digits) {
      if (items.has(digit)) continue;
      const item = itemOf(digit, () => onDelete(digit));
      items.set(digit, item);
      tray.append(item);
    }
    if (tray.querySelector('[tabindex="0"]') === null) {
      tray.querySelector('button')?.setAttribute('tabindex', '0');
    }
    counts.replaceChildren(...Array.from({ length: 10 }, (_, label) => countOf(label, digits)));
    count.textContent =
      digits.length === 0
        ? 'None yet. About five of each digit go a long way.'
        : `${digits.length} ${digits.length === 1 ? 'example' : 'examples'}, kept on this device. Press one to delete it.`;
  };
}

function itemOf({ label, pixels }: Digit, onPress: () => void): HTMLLIElement {
  const item = document.createElement('li');
  const button = document.createElement('button');
  Object.assign(button, { type: 'button', tabIndex: -1 });
  button.setAttribute('aria-label', `Delete this example of ${label}`);
  const canvas = document.createElement('canvas');
  Object.assign(canvas, { width: side, height: side });
  const context = canvas.getContext('2d');
  if (context !== null) drawDigit(context, pixels);
  const caption = document.createElement('span');
  caption.textContent = String(label);
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

function countOf(label: number, digits: readonly Digit[]): HTMLLIElement {
  const item = document.createElement('li');
  const name = document.createElement('b');
  name.textContent = String(label);
  const count = digits.filter((digit) => digit.label === label).length;
  item.append(name, ` × ${count}`);
  item.classList.toggle('none', count === 0);
  return item;
}
