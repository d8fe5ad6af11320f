// What the model reads: the class, how sure it is, and a bar for each class, or for the ten likeliest
// where there are many.
import type { Prediction } from '#runtime';

import { findElement } from './find-element.ts';

const mostBars = 12;
const barsOfMany = 10;

interface Bar {
  readonly item: HTMLLIElement;
  readonly caption: HTMLElement;
  readonly fill: HTMLElement;
  readonly value: HTMLElement;
}

export interface PredictionPanel {
  /** Shows a prediction over these labels, or none. It is spoken only when `isDone`, not along every stroke. */
  show(prediction: Prediction | null, labels: readonly string[], isDone: boolean): void;
}

export function predictionPanel(): PredictionPanel {
  const label = findElement('label', HTMLSpanElement);
  const certainty = findElement('certainty', HTMLSpanElement);
  const spoken = findElement('spoken', HTMLParagraphElement);
  const list = findElement('bars', HTMLUListElement);
  let bars: readonly Bar[] = [];
  return {
    show(prediction, labels, isDone) {
      const shown = likeliest(prediction, labels);
      if (bars.length !== shown.length) {
        bars = shown.map(barOf);
        list.replaceChildren(...bars.map(({ item }) => item));
      }
      for (const [row, { item, caption, fill, value }] of bars.entries()) {
        const index = shown[row] ?? 0;
        const score = prediction?.scores[index] ?? 0;
        caption.textContent = labels[index] ?? '';
        fill.style.inlineSize = `${100 * score}%`;
        value.textContent = prediction === null ? '' : percent(score);
        item.classList.toggle('best', prediction !== null && prediction.label === labels[index]);
      }
      const text = prediction?.label ?? '–';
      label.textContent = text;
      label.classList.toggle('none', prediction === null);
      label.classList.toggle('word', text.length > 2);
      certainty.textContent = prediction === null ? '' : `${percent(prediction.score)}\u00a0sure`;
      if (!isDone) return;
      spoken.textContent = prediction === null ? '' : sentenceOf(prediction);
    },
  };
}

export function percent(fraction: number): string {
  return `${Math.round(100 * fraction)}\u00a0%`;
}

/** Class indices, in the order in which their bars stand. */
function likeliest(prediction: Prediction | null, labels: readonly string[]): number[] {
  const all = Array.from(labels.keys());
  if (labels.length <= mostBars) return all;
  const scores = prediction?.scores ?? [];
  return all.toSorted((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0)).slice(0, barsOfMany);
}

function sentenceOf({ label, score }: Prediction): string {
  return `It reads ${label}, ${percent(score)} sure.`;
}

function barOf(): Bar {
  const item = document.createElement('li');
  const [caption, track, fill, value] = ['b', 'span', 'span', 'span'].map((tag) =>
    document.createElement(tag),
  ) as [HTMLElement, HTMLElement, HTMLElement, HTMLElement];
  track.className = 'track';
  value.className = 'value';
  track.append(fill);
  item.append(caption, track, value);
  return { item, caption, fill, value };
}
