// What the model reads in the drawing: the digit, how sure it is, and a bar for each digit.
import type { Prediction } from '#runtime';

import { findElement } from './find-element.ts';

interface Bar {
  readonly item: HTMLLIElement;
  readonly fill: HTMLElement;
  readonly value: HTMLElement;
}

/** Shows a prediction, or none. It is spoken only when `isDone`, not along every stroke. */
export function predictionPanel(
  labels: readonly string[],
): (prediction: Prediction | null, isDone: boolean) => void {
  const label = findElement('label', HTMLSpanElement);
  const certainty = findElement('certainty', HTMLSpanElement);
  const spoken = findElement('spoken', HTMLParagraphElement);
  const bars = labels.map((name) => barOf(name));
  findElement('bars', HTMLUListElement).replaceChildren(...bars.map(({ item }) => item));
  return (prediction, isDone) => {
    for (const [index, { item, fill, value }] of bars.entries()) {
      const score = prediction?.scores[index] ?? 0;
      fill.style.inlineSize = `${100 * score}%`;
      value.textContent = prediction === null ? '' : percent(score);
      item.classList.toggle('best', prediction?.label === labels[index]);
    }
    label.classList.toggle('none', prediction === null);
    label.textContent = prediction?.label ?? '–';
    certainty.textContent = prediction === null ? '' : `${percent(prediction.score)}\u00a0sure`;
    if (!isDone) return;
    spoken.textContent =
      prediction === null ? '' : `It reads ${prediction.label}, ${percent(prediction.score)} sure.`;
  };
}

export function percent(fraction: number): string {
  return `${Math.round(100 * fraction)}\u00a0%`;
}

function barOf(name: string): Bar {
  const item = document.createElement('li');
  const [caption, track, fill, value] = ['b', 'span', 'span', 'span'].map((tag) =>
    document.createElement(tag),
  ) as [HTMLElement, HTMLElement, HTMLElement, HTMLElement];
  caption.textContent = name;
  track.className = 'track';
  value.className = 'value';
  track.append(fill);
  item.append(caption, track, value);
  return { item, fill, value };
}
