// The report: one self-contained page, pictures first, then the tables they are drawn from.
import type { BenchResults, GrowthCurve, PeerCost, PeerResult, TaskResult } from '../../results.ts';
import { describeMachines, partCells } from '../part-cells.ts';
import type { Row } from '../row.ts';
import { alike } from './alike.ts';
import { figure } from './chart.ts';
import { costChart } from './cost-chart.ts';
import type { Bar } from './cost-chart.ts';
import { figures } from './figures.ts';
import { growthCharts } from './growth-chart.ts';
import { learningChart } from './learning-chart.ts';
import { element, table } from './page-document.ts';
import { paretoChart } from './pareto-chart.ts';
import { styleSheet } from './style-sheet.ts';

/** HTML text without scripts and without links to anything but itself. */
export function reportPage(results: BenchResults): string {
  const sections: readonly [id: string, title: string, content: readonly HTMLElement[]][] = [
    ...results.tasks.map((task): [string, string, HTMLElement[]] => [
      task.task,
      task.title,
      taskSection(task),
    ]),
    ['growth', 'How cost grows', growthSection(results.growth)],
    ['peers', 'Other frameworks', peerSection(results.peers)],
    ['claims', 'What is promised', [claimTable(results.claims)]],
    ['parts', 'When it was measured', [partTable(results)]],
  ];
  const filled = sections.filter(([, , content]) => content.length > 0);
  const body = element(
    'main',
    {},
    element('h1', {}, 'Onward: benchmark'),
    element('p', { class: 'machine' }, describeRun(results)),
    element('nav', {}, ...filled.map(([id, title]) => element('a', { href: `#${id}` }, title))),
    ...filled.map(([id, title, content]) =>
      element('section', { id }, element('h2', {}, title), ...content),
    ),
  );
  const head = element(
    'head',
    {},
    element('meta', { charset: 'utf-8' }),
    element('meta', { name: 'viewport', content: 'width=device-width, initial-scale=1' }),
    element('title', {}, 'Onward: benchmark'),
    element('style', {}, styleSheet),
  );
  return `<!doctype html>\n<html lang="en">${head.outerHTML}<body>${body.outerHTML}</body></html>\n`;
}

function describeRun(results: BenchResults): string {
  const { date, mode, versions } = results;
  return [
    `${mode} run of ${date.slice(0, 10)}`,
    describeMachines(results),
    `Node ${versions.node}, onnxruntime-node ${versions.onnxruntimeNode}`,
    `Onward ${versions.onward} at ${versions.commit ?? 'no commit'}`,
  ].join(' · ');
}

function taskSection(task: TaskResult): HTMLElement[] {
  const describes = element('p', {}, task.describes);
  if (task.skipped !== null) {
    return [describes, element('p', { class: 'missing' }, `Not measured: ${task.skipped}`)];
  }
  const curve = learningChart(task);
  return [
    describes,
    ...(task.verdict === null ? [] : [sentences(task.verdict.sentences)]),
    figure(paretoChart(task)),
    ...(curve === null ? [] : [figure(curve)]),
    armTable(task),
  ];
}

function sentences(lines: readonly string[]): HTMLElement {
  return element('ul', { class: 'verdict' }, ...lines.map((line) => element('li', {}, line)));
}

function armTable({ arms, users, seeds }: TaskResult): HTMLElement {
  const rows = arms.map(
    ({ arm, setting, steps, before, after, deviation, worst, forgetting, cost }) => [
      arm,
      setting.name === 'none' ? '' : `${setting.name} ${setting.value}`,
      String(steps),
      before.mean.toFixed(1),
      `${after.mean.toFixed(1)} (${after.low.toFixed(1)} to ${after.high.toFixed(1)})`,
      deviation.toFixed(1),
      worst.after.toFixed(1),
      forgetting === null ? '' : forgetting.mean.toFixed(1),
      mebibytes(cost.peakBytes),
      mebibytes(cost.keptBytes),
      cost.msPerStep.toFixed(2),
      cost.joulesPerStep?.toPrecision(2) ?? '',
    ],
  );
  const missing = arms.find(({ cost }) => cost.joulesMissing !== null)?.cost.joulesMissing;
  const energy = missing ? `; energy not measured: ${missing}` : '';
  const header = [
    'arm',
    'setting',
    'steps',
    'before, %',
    'after, % (95 % interval)',
    'sd',
    'worst user',
    'forgotten, points',
    'peak, MiB',
    'kept, MiB',
    'ms a step',
    'joules a step',
  ];
  return table(header, rows, `${users.length} users, ${seeds.length} seeds${energy}`);
}

function growthSection(curves: readonly GrowthCurve[]): HTMLElement[] {
  const left = curves.flatMap(({ axis, network, arm, ended }) => {
    const what = `${network}: ${arm} is left out from ${ended?.x} ${axis} on: ${ended?.reason}`;
    return ended ? [element('p', { class: 'missing' }, what)] : [];
  });
  const charts = growthCharts(curves).map(figure);
  return charts.length === 0
    ? left
    : [element('div', { class: 'side-by-side' }, ...charts), ...left];
}

function peerSection(peers: readonly PeerResult[]): HTMLElement[] {
  return alike(peers, ({ network, batchSize }) => `${network}, batch ${batchSize}`).flatMap(
    ([title, group]) => {
      const time = bars(group, ({ msPerStep }) => msPerStep);
      const memory = bars(group, ({ peakBytes }) => peakBytes / 2 ** 20);
      const charts = [
        costChart(`${title}: time of a learning step`, 'ms', time),
        costChart(`${title}: memory of a learning step`, 'MiB over the model', memory),
      ];
      const drawn = time.length > 0 ? charts.map(figure) : [];
      return drawn.concat(peerTable(title, group));
    },
  );
}

function bars(group: readonly PeerResult[], value: (cost: PeerCost) => number): Bar[] {
  return group.flatMap(({ peer, cost }) => (cost ? { name: peer, value: value(cost) } : []));
}

function peerTable(title: string, group: readonly PeerResult[]): HTMLElement[] {
  const rows = group.flatMap(({ peer, cost }) =>
    cost === null
      ? []
      : [
          [
            peer,
            cost.msPerStep.toFixed(2),
            mebibytes(cost.peakBytes),
            mebibytes(cost.loadedBytes),
            mebibytes(cost.installBytes),
          ],
        ],
  );
  const missing = group.flatMap(({ peer, missing: why }) =>
    why === null ? [] : [element('p', { class: 'missing' }, `${peer}: not measured: ${why}`)],
  );
  const header = [
    'framework',
    'ms a step',
    'peak, MiB',
    'resident when loaded, MiB',
    'install, MiB',
  ];
  return [...(rows.length > 0 ? [table(header, rows, title)] : []), ...missing];
}

function claimTable(claims: readonly Row[]): HTMLElement {
  const rows = claims.map(({ claim, measured, promised, holds }) => [
    claim,
    measured,
    promised,
    holds === null ? '' : holds ? 'yes' : 'NO',
  ]);
  return table(['what', 'measured', 'promised', 'holds'], rows, 'Claims of the README');
}

function partTable(results: BenchResults): HTMLElement {
  const [header = [], ...rows] = partCells(results);
  return table(
    header,
    rows,
    'Parts may be measured one after another, at different commits and on different machines',
  );
}

function mebibytes(bytes: number): string {
  return figures(bytes / 2 ** 20);
}
