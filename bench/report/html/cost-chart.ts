// What a step costs, as bars: arms of a task, or peers on a network.
import { barX, text } from '@observablehq/plot';

import { onwardFirst } from './chart.ts';
import type { Chart } from './chart.ts';
import { figures } from './figures.ts';

export interface Bar {
  readonly name: string;
  readonly value: number;
}

/** A bar that many times as long as the first would leave the others no length to be told apart by. */
const offThePicture = 50;
/** Of a letter, on average. */
const letterPixels = 6.5;

/** Bars in the order given, each with its value written behind it; the first is what the others are compared with. */
export function costChart(title: string, label: string, all: readonly Bar[]): Chart {
  const longest = offThePicture * (all[0]?.value ?? 0);
  const bars = all.filter(({ value }) => value <= longest);
  const left = all.filter((bar) => !bars.includes(bar)).map((bar) => valueOf(bar, label));
  const names = bars.map(({ name }) => name);
  return {
    title,
    describes: all.map((bar) => valueOf(bar, label)).join(', '),
    ...(left.length > 0 && { note: `Too long to draw: ${left.join(', ')}.` }),
    names: onwardFirst(names),
    isLabelled: true,
    options: {
      height: 60 + 28 * bars.length,
      marginLeft: 16 + letterPixels * Math.max(...names.map(({ length }) => length)),
      marginRight: 60,
      x: { label: `${label} →`, nice: true },
      y: { domain: names, label: null },
      marks: [
        barX(bars, { x: 'value', y: 'name', fill: 'name' }),
        text(bars, {
          x: 'value',
          y: 'name',
          text: ({ value }: Bar) => figures(value),
          dx: 6,
          textAnchor: 'start',
          fill: 'currentColor',
        }),
      ],
    },
  };
}

function valueOf({ name, value }: Bar, label: string): string {
  return `${name} ${figures(value)} ${label}`;
}
