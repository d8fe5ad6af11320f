// "What is it really?": a button for each class.
import { findElement } from './find-element.ts';

/** Draws the buttons for these labels; `onPick` hears which one was pressed. */
export function classButtons(onPick: (label: string) => void): (labels: readonly string[]) => void {
  const group = findElement('correct', HTMLDivElement);
  let drawn: readonly string[] = [];
  return (labels) => {
    if (labels.length === drawn.length && labels.every((label, i) => label === drawn[i])) return;
    drawn = labels;
    group.classList.toggle(
      'words',
      labels.some((label) => label.length > 2),
    );
    group.replaceChildren(
      ...labels.map((label) => {
        const button = document.createElement('button');
        button.type = 'button';
        button.textContent = label;
        button.setAttribute('aria-label', `It is ${label}`);
        button.addEventListener('click', () => onPick(label));
        return button;
      }),
    );
  };
}
