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
  '#b59f00',
  '#a8326e',
  '#5c7cfa',
  '#2b9348',
];

export interface Chart {
  readonly title: string;
  /** What a reader who does not see the picture should know. */
  readonly describes: string;
  /** What everybody should know, under the title. */
  readonly note?: string;
  /** Names in the order of their colours; onward first. */
  readonly names: readonly string[];
  /** The names stand beside what they name, and need no legend. */
  readonly isLabelled?: true;
  readonly options: PlotOptions;
}

/** A figure with its caption; the SVG takes the text colour of the page. */
export function figure({ title, describes, note, names, isLabelled, options }: Chart): HTMLElement {
  const svg = drawn(names, options);
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', `${title}. ${describes}`);
  return element(
    'figure',
    {},
    element('figcaption', {}, title, ...(note === undefined ? [] : [element('small', {}, note)])),
    element('div', { class: 'scroll' }, svg),
    ...(isLabelled ? [] : [legend(names)]),
  );
}

/** Above and below a picture that stands alone. */
const [titleHeight, marginBelow] = [48, 8];

/** A complete SVG document with its title, for a page that links to it: dark on white, whatever the page's colours. */
export function standaloneSvg({ title, describes, note, names, options }: Chart): string {
  const svg = drawn(names, options);
  const [, , width = 0, height = 0] = svg.getAttribute('viewBox')!.split(' ').map(Number);
  const whole = { x: 0, y: -titleHeight, width, height: height + titleHeight + marginBelow };
  const attributes = {
    xmlns: 'http://www.w3.org/2000/svg',
    role: 'img',
    'aria-label': `${title}. ${describes}`,
    height: String(whole.height),
    viewBox: `${whole.x} ${whole.y} ${whole.width} ${whole.height}`,
    color: '#1b1b1b',
    'font-family': 'system-ui, sans-serif',
  };
  for (const [name, value] of Object.entries(attributes)) svg.setAttribute(name, value);
  svg.prepend(
    svgElement('rect', { ...whole, fill: '#ffffff' }),
    svgElement(
      'text',
      {
        x: 16,
        y: -24,
        fill: '#1b1b1b',
        'text-anchor': 'start',
        'font-size': 16,
        'font-weight': 600,
      },
      title,
    ),
    svgElement(
      'text',
      { x: 16, y: -4, fill: '#555555', 'text-anchor': 'start', 'font-size': 12 },
      note,
    ),
  );
  return `${svg.outerHTML}\n`;
}

function svgElement(
  name: string,
  attributes: Readonly<Record<string, string | number>>,
  text = '',
): Element {
  const made = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  made.textContent = text;
  return made;
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
