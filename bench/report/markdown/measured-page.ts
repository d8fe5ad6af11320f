// docs/measured.md: everything that was measured, as text. The README shows a part of it.
import type { BenchResults, Claim, PeerResult, TaskResult } from '../../results.ts';
import { describeMachines, partCells } from '../part-cells.ts';
import { armTable } from './arm-table.ts';
import { tableText } from './fill-tables.ts';
import { promiseTable } from './promise-table.ts';

const sections: readonly (readonly [title: string, ...parts: string[]])[] = [
  ['Predicting', 'forward'],
  ['Memory and time of a learning step', 'memory', 'time', 'growth'],
  ['Long sequences and streams', 'sequences', 'streams'],
  ['In a browser', 'browser'],
  ['Sizes', 'size'],
  ['How cost grows', 'curves'],
];

export function measuredPage(results: BenchResults): string {
  const { tasks, claims, peers } = results;
  return [
    '# What was measured',
    'Drawn from [measured.json](measured.json) by `npm run bench -- --publish`; [benchmark.md](benchmark.md) says how each number comes about. ' +
      'Means over users and seeds, with 95 % intervals over users; memory is what a step allocates over the opened model.',
    runTable(results),
    ...tasks.flatMap((task) => taskSection(task, claims)),
    '## Other frameworks',
    'The same learning step with one thread; memory by the operating system, over the process with the model loaded.',
    promiseTable(of(claims, ['peers'])),
    ...missingPeers(peers),
    ...sections.flatMap(([title, ...parts]) => [`## ${title}`, promiseTable(of(claims, parts))]),
  ]
    .join('\n\n')
    .concat('\n');
}

function of(claims: readonly Claim[], parts: readonly string[]): Claim[] {
  return claims.filter(({ part }) => parts.includes(part));
}

function runTable(results: BenchResults): string {
  const { versions } = results;
  const where = `${describeMachines(results)}; Node ${versions.node}, onnxruntime-node ${versions.onnxruntimeNode}.`;
  return `${where}\n\n${tableText(partCells(results), { left: 4 })}`;
}

function taskSection(task: TaskResult, claims: readonly Claim[]): string[] {
  const { title, task: name, describes, skipped, arms, users, seeds, verdict } = task;
  if (skipped !== null) return [`## ${title}`, `Not measured: ${skipped}.`];
  const sentences = verdict!.sentences.map((sentence) => `- ${sentence}`).join('\n');
  const promised = claims.filter(
    (claim) => claim.part === `accuracy:${name}` && claim.promised !== '',
  );
  const before = arms[0]!.before.mean.toFixed(1);
  return [
    `## ${title}`,
    `\`${name}\`: ${describes} ${users.length} users, ${seeds.length} seeds; ${before} % before learning.`,
    armTable(task),
    sentences,
    ...(promised.length > 0 ? [promiseTable(promised)] : []),
  ];
}

function missingPeers(peers: readonly PeerResult[]): string[] {
  const reasons = new Map(
    peers.flatMap(({ peer, missing }) => (missing === null ? [] : [[peer, missing] as const])),
  );
  if (reasons.size === 0) return [];
  return [Array.from(reasons, ([peer, why]) => `- ${peer}: not measured: ${why}`).join('\n')];
}
