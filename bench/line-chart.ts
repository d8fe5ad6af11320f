// Line charts as SVG text: one line a series, drawn by d3's scales and shapes, no browser needed.
import { scaleLinear } from 'd3-scale';
import { line } from 'd3-shape';

export interface Series {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface LineChart {
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly series: readonly Series[];
}

const width = 760;
const height = 440;
const margin = { top: 48, right: 190, bottom: 52, left: 60 };
// Okabe and Ito's palette, told apart by people who do not see all colours.
const colours = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#555555'];

/** A complete SVG document, readable on light and dark pages. */
export function lineChart({ title, xLabel, yLabel, series }: LineChart): string {
  const points = series.flatMap((one) => one.points);
  const x = scaleLinear(extentOf(points.map((point) => point[0])), [
    margin.left,
    width - margin.right,
  ]);
  const y = scaleLinear(extentOf(points.map((point) => point[1])), [
    height - margin.bottom,
    margin.top,
  ]).nice();
  const path = line<readonly [number, number]>(
    (point) => x(point[0]),
    (point) => y(point[1]),
  );
  const lines = series.map(
    ({ points: own }, index) =>
      `<path d="${path([...own]) ?? ''}" fill="none" stroke="${colours[index % colours.length]}" stroke-width="2"/>`,
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="12" role="img" aria-label="${escape(title)}">`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    `<text x="${margin.left}" y="26" font-size="15" font-weight="600">${escape(title)}</text>`,
    ...y
      .ticks(6)
      .map(
        (tick) =>
          `<line x1="${margin.left}" x2="${width - margin.right}" y1="${y(tick)}" y2="${y(tick)}" stroke="#e3e3e3"/>` +
          `<text x="${margin.left - 8}" y="${y(tick) + 4}" text-anchor="end">${tick}</text>`,
      ),
    ...x
      .ticks(8)
      .map(
        (tick) =>
          `<text x="${x(tick)}" y="${height - margin.bottom + 18}" text-anchor="middle">${tick}</text>`,
      ),
    `<text x="${(margin.left + width - margin.right) / 2}" y="${height - 12}" text-anchor="middle">${escape(xLabel)}</text>`,
    `<text transform="translate(16 ${(margin.top + height - margin.bottom) / 2}) rotate(-90)" text-anchor="middle">${escape(yLabel)}</text>`,
    ...lines,
    ...legend(series, y),
    '</svg>',
    '',
  ].join('\n');
}

// Names stand at the lines' ends, pushed apart where they would touch.
function legend(series: readonly Series[], y: (value: number) => number): string[] {
  const ends = series
    .map(({ name, points }, index) => ({ name, index, at: y(points.at(-1)?.[1] ?? 0) }))
    .toSorted((a, b) => a.at - b.at);
  let lowest = -Infinity;
  return ends.map(({ name, index, at }) => {
    lowest = Math.max(at, lowest + 16);
    return `<text x="${width - margin.right + 10}" y="${lowest + 4}" fill="${colours[index % colours.length]}">${escape(name)}</text>`;
  });
}

function extentOf(values: readonly number[]): [number, number] {
  return [Math.min(...values), Math.max(...values)];
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
