// What a step costs, as bars: arms of a task, or peers on a network.
import { barX, text } from '@observablehq/plot';

import { onwardFirst } from './chart.ts';
import type { Chart } from './chart.ts';

export interface Bar {
  readonly name: string;
  readonly value: number;
}

/** Bars in the order given, each with its value written behind it. */
export function costChart(title: string, label: string, bars: readonly Bar[]): Chart {
  const names = bars.map(({ name }) => name);
  return {
    title,
    describes: bars.map(({ name, value }) => `${name} ${format(value)}`).join(', '),
    names: onwardFirst(names),
    isLabelled: true,
    options: {
      height: 60 + 28 * bars.length,
      marginLeft: 230,
      marginRight: 60,
      x: { label: `${label} →`, nice: true },
      y: { domain: names, label: null },
      marks: [
        barX(bars, { x: 'value', y: 'name', fill: 'name' }),
        text(bars, {
          x: 'value',
          y: 'name',
          text: ({ value }: Bar) => format(value),
          dx: 6,
          textAnchor: 'start',
          fill: 'currentColor',
        }),
      ],
    },
  };
}

function format(value: number): string {
  return value.toPrecision(3);
}
