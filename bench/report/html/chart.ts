// Charts by Observable Plot, drawn at build time: the report holds SVG and no script.
import { plot } from '@observablehq/plot';
import type { PlotOptions } from '@observablehq/plot';

import { document, element } from './page-document.ts';

/** Okabe and Ito's palette, told apart by people who do not see all colours; onward is always the first. */
const palette = [
  '#0072b2',
  '#d55e00',
  '#009e73',
  '#cc79a7',
  '#e69f00',
  '#56b4e9',
  '#7f7f7f',
  '#8c564b',
  '#6a3d9a',
  '#b15928',
  '#17806d',
  '#444444',
];

export interface Chart {
  readonly title: string;
  /** What a reader who does not see the picture should know. */
  readonly describes: string;
  /** Names in the order of their colours; onward first. */
  readonly names: readonly string[];
  readonly options: PlotOptions;
}

/** A figure with its caption; the SVG takes the text colour of the page. */
export function figure({ title, describes, names, options }: Chart): HTMLElement {
  const svg = drawn(names, options);
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', `${title}. ${describes}`);
  return element('figure', {}, element('figcaption', {}, title), svg, legend(names));
}

/** A complete SVG document, for a page that links to it. */
export function standaloneSvg({ title, names, options }: Chart): string {
  const svg = drawn(names, { ...options, title: '' });
  svg.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  svg.setAttribute('aria-label', title);
  return `${svg.outerHTML}\n`;
}

/** Onward first, then the others in the order given. */
export function onwardFirst(names: readonly string[]): string[] {
  return [...new Set(['onward', ...names])].filter((name) => names.includes(name));
}

function drawn(names: readonly string[], options: PlotOptions): Element {
  const made = plot({
    width: 760,
    height: 420,
    marginLeft: 56,
    marginBottom: 44,
    marginRight: 24,
    style: { background: 'transparent', fontSize: '12px', overflow: 'visible' },
    grid: true,
    ...options,
    color: { domain: [...names], range: names.map((_, index) => palette[index % palette.length]!) },
    document,
  });
  return made.tagName.toLowerCase() === 'svg' ? made : made.querySelector('svg')!;
}

function legend(names: readonly string[]): HTMLElement {
  return element(
    'ul',
    { class: 'legend' },
    ...names.map((name, index) =>
      element(
        'li',
        {},
        element('span', { style: `background:${palette[index % palette.length]}` }),
        name,
      ),
    ),
  );
}
