// The parts of the benchmark, in the order they are measured. Each task is a part of its own.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { measureGrowth } from './growth-curves/measure.ts';
import { measureTask } from './measure-task.ts';
import { measurePeers } from './peers/measure.ts';
import { accuracyRows } from './report/accuracy-rows.ts';
import { browserRows } from './report/browser-rows.ts';
import { forwardRows } from './report/forward-rows.ts';
import { growthCurveRows } from './report/growth-curve-rows.ts';
import { growthRows } from './report/growth-rows.ts';
import { memoryRows } from './report/memory-rows.ts';
import { peerRows } from './report/peer-rows.ts';
import type { Row } from './report/row.ts';
import { sequenceRows } from './report/sequence-rows.ts';
import { sizeRows } from './report/size-rows.ts';
import { streamRows } from './report/stream-rows.ts';
import { timeRows } from './report/time-rows.ts';
import type { GrowthCurve, PeerResult, TaskResult } from './results.ts';
import { tasks } from './tasks/table.ts';
import type { Task } from './tasks/task.ts';

export interface Extent {
  readonly isFull: boolean;
  readonly onProgress: (message: string) => void;
}

/** What a part found out; lists are empty where it measures something else. */
export interface Measured {
  readonly rows: readonly Row[];
  readonly task?: TaskResult;
  readonly growth?: readonly GrowthCurve[];
  readonly peers?: readonly PeerResult[];
}

export interface Part {
  readonly name: string;
  /** Whether the quick run leaves it out, unless it is asked for. */
  readonly isLong?: boolean;
  measure(extent: Extent): Promise<Measured>;
}

const browserInFull = {
  digitBatches: [4, 16],
  learnRounds: 15,
  predictRounds: 45,
  tracedCalls: 10,
  steps: 1000,
};
const browserInQuick = {
  digitBatches: [4],
  learnRounds: 2,
  predictRounds: 3,
  tracedCalls: 3,
  steps: 20,
};

const peersInFull = { rounds: 25, longestStepsMs: 20_000 };
const peersInQuick = { rounds: 5, longestStepsMs: 2000 };

export const parts: readonly Part[] = [
  rowsPart('forward', ({ isFull }) => forwardRows(isFull)),
  ...tasks.map(taskPart),
  rowsPart('memory', ({ isFull, onProgress }) => memoryRows(isFull ? [4, 32] : [4], onProgress)),
  rowsPart('time', ({ isFull, onProgress }) => timeRows(isFull ? 25 : 3, onProgress)),
  { ...rowsPart('sequences', (extent) => sequenceRows(extent)), isLong: true },
  rowsPart('streams', ({ isFull }) => streamRows(isFull ? 5000 : 3000)),
  { ...rowsPart('growth', () => growthRows(demoModel(), 10_000)), isLong: true },
  rowsPart('browser', ({ isFull, onProgress }) =>
    browserRows(isFull ? browserInFull : browserInQuick, onProgress),
  ),
  rowsPart('size', () => sizeRows()),
  { name: 'peers', measure: peersPart },
  { name: 'curves', measure: curvesPart },
];

/**
 * The parts of these names, in order; `accuracy` names all tasks that the run takes. Throws RangeError naming the
 * parts there are.
 */
export function partsNamed(names: readonly string[], { isFull }: { isFull: boolean }): Part[] {
  const known = [...new Set(['accuracy', ...parts.map(({ name }) => name)])];
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new RangeError(`expected parts of ${known.join(', ')}, got ${unknown}`);
  }
  return parts.filter(
    ({ name, isLong = false }) =>
      names.includes(name) ||
      (names.includes('accuracy') && name.startsWith('accuracy:') && (isFull || !isLong)),
  );
}

/** All that a quick or a full run takes. */
export function partsOfRun({ isFull }: { isFull: boolean }): Part[] {
  return parts.filter(({ isLong = false }) => isFull || !isLong);
}

function rowsPart(name: string, rows: (extent: Extent) => Promise<readonly Row[]>): Part {
  return { name, measure: async (extent) => ({ rows: await rows(extent) }) };
}

function demoModel(): Uint8Array {
  return readFileSync(fileURLToPath(new URL('../demo/digits.onnx', import.meta.url)));
}

function taskPart(task: Task): Part {
  return {
    name: `accuracy:${task.name}`,
    isLong: task.quickUsers === 0,
    async measure({ isFull, onProgress }) {
      const users = isFull ? task.users.length : Math.max(1, task.quickUsers);
      const result = await measureTask(task, {
        users: task.users.slice(0, users),
        seeds: isFull ? [1, 2, 3] : [1],
        every: isFull ? 32 : 256,
        rounds: isFull ? 100 : 15,
        repeats: isFull ? 5 : 1,
        onDone: (done, total) => {
          if (done % 10 === 0 || done === total) onProgress(`${done} of ${total} runs`);
        },
      });
      return { rows: accuracyRows(result), task: result };
    },
  };
}

async function peersPart({ isFull, onProgress }: Extent): Promise<Measured> {
  const networks = isFull
    ? (['resnet-8', 'twenty convolutions'] as const)
    : (['resnet-8'] as const);
  const peers: PeerResult[] = [];
  const rows: Row[] = [];
  for (const network of networks) {
    for (const batchSize of isFull ? [4, 16] : [4]) {
      const effort = isFull ? peersInFull : peersInQuick;
      const measured = await measurePeers({ network, batchSize, onProgress, ...effort });
      peers.push(...measured);
      rows.push(...peerRows(measured));
    }
  }
  return { rows, peers };
}

async function curvesPart({ isFull, onProgress }: Extent): Promise<Measured> {
  const growth = await measureGrowth(!isFull, onProgress);
  return { rows: growthCurveRows(growth), growth };
}
