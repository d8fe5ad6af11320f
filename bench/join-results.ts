// A benchmark of hours is measured part by part: a run's parts replace those of the file that is there, and the
// others stay, each with the commit and the machine it was measured on. No part's numbers are set beside another's.
import { isDeepStrictEqual } from 'node:util';

import type { BenchResults, TaskResult } from './results.ts';

/**
 * `now` with the parts of `before` that it lacks; `now` as it is where `before` is null, has another format, or comes from another
 * mode, or version of Node.js or ONNX Runtime.
 * Parts come in this order.
 */
export function joinResults(
  before: BenchResults | null,
  now: BenchResults,
  order: readonly string[],
): BenchResults {
  if (before === null || !isComparable(before, now)) return now;
  const isOld = (part: string): boolean => !(part in now.parts);
  const parts = { ...before.parts, ...now.parts };
  const tasks = [...before.tasks.filter((task) => isOld(partOf(task))), ...now.tasks];
  const claims = [...before.claims.filter(({ part }) => isOld(part)), ...now.claims];
  const rank = (part: string): number => order.indexOf(part);
  return {
    ...now,
    parts: Object.fromEntries(Object.entries(parts).toSorted(([a], [b]) => rank(a) - rank(b))),
    claims: claims.toSorted((a, b) => rank(a.part) - rank(b.part)),
    tasks: tasks.toSorted((a, b) => rank(partOf(a)) - rank(partOf(b))),
    growth: isOld('curves') ? before.growth : now.growth,
    peers: isOld('peers') ? before.peers : now.peers,
  };
}

function partOf({ task }: TaskResult): string {
  return `accuracy:${task}`;
}

function isComparable(before: BenchResults, now: BenchResults): boolean {
  return before.format === now.format && isDeepStrictEqual(conditionsOf(before), conditionsOf(now));
}

function conditionsOf({ mode, versions }: BenchResults): unknown {
  const { node, onnxruntimeNode } = versions;
  return { mode, node, onnxruntimeNode };
}
