// Every peer at the same learning step: times in turn, A B C A B C, in processes that stay; memory in a fresh
// process each, over the process with the model loaded.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

import { networks } from '../networks.ts';
import type { NetworkName } from '../networks.ts';
import { median } from '../personalize.ts';
import type { PeerResult } from '../results.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { PeerProcess } from './peer-process.ts';
import type { PeerCommand, PeerRequest } from './peer-process.ts';
import { peers } from './peers.ts';
import type { Peer } from './peers.ts';

export interface PeerWork {
  readonly network: NetworkName;
  readonly batchSize: number;
  readonly rounds: number;
  /** A peer whose first two steps take longer is left out. */
  readonly longestStepsMs: number;
  readonly onProgress: (message: string) => void;
}

interface Started {
  readonly peer: Peer;
  readonly command: PeerCommand;
  readonly open: Extract<PeerRequest, { do: 'open' }>;
  readonly process: PeerProcess;
  readonly ms: number[];
}

/** One result for each peer, also for those that could not run. */
export async function measurePeers(work: PeerWork): Promise<PeerResult[]> {
  const graph = networks[work.network]().model.graph;
  using root = temporaryFolder('onward-peers-');
  const results = new Map<string, PeerResult>();
  const started: Started[] = [];
  const all = peers();
  const answer = (peer: Peer, rest: Pick<PeerResult, 'missing' | 'cost'>): void => {
    const { network, batchSize } = work;
    results.set(peer.name, { peer: peer.name, network, batchSize, ...rest });
  };
  const fail = (peer: Peer, error: unknown): void => {
    const why = error instanceof Error ? error.message : String(error);
    answer(peer, { missing: why, cost: null });
  };
  for (const [index, peer] of all.entries()) {
    if ('missing' in peer.command) {
      answer(peer, { missing: peer.command.missing, cost: null });
      continue;
    }
    const folder = join(root.path, String(index));
    const open = { do: 'open', network: graph, batch: work.batchSize, folder } as const;
    const own = new PeerProcess(peer.command, 'time');
    try {
      prepare(peer, open);
      await own.ask<'open'>(open);
      work.onProgress(`${work.network}, batch ${work.batchSize}: ${peer.name}`);
      await within(work.longestStepsMs, own.ask<'step'>({ do: 'step', count: 2 }));
      started.push({ peer, command: peer.command, open, process: own, ms: [] });
    } catch (error) {
      fail(peer, error);
      await own[Symbol.asyncDispose]();
    }
  }
  work.onProgress(`${work.network}, batch ${work.batchSize}: ${work.rounds} rounds`);
  for (let round = 0; round < work.rounds; round++) {
    for (const { process, ms } of started) {
      ms.push(...(await process.ask<'step'>({ do: 'step', count: 1 })).ms);
    }
  }
  for (const { process } of started) await process[Symbol.asyncDispose]();
  for (const { peer, command, open, ms } of started) {
    work.onProgress(`${work.network}, batch ${work.batchSize}: memory of ${peer.name}`);
    try {
      const memory = await memoryOf(command, open);
      answer(peer, { missing: null, cost: { msPerStep: median(ms), ...memory } });
    } catch (error) {
      fail(peer, error);
    }
  }
  return all.flatMap(({ name }) => results.get(name) ?? []);
}

/** Rejects after so many milliseconds; what is waited for goes on until its process is ended. */
async function within<Result>(limitMs: number, answer: Promise<Result>): Promise<Result> {
  const stop = new AbortController();
  const late = setTimeout(limitMs, null, { signal: stop.signal }).then((): never => {
    throw new Error(`expected two steps within ${limitMs / 1000} s, got none`);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    stop.abort();
  }
}

async function memoryOf(
  command: PeerCommand,
  open: Started['open'],
): Promise<{ peakBytes: number; loadedBytes: number; installBytes: number }> {
  await using fresh = new PeerProcess(command, 'memory');
  const { installBytes } = await fresh.ask<'install'>({ do: 'install' });
  const { loadedBytes } = await fresh.ask<'open'>(open);
  const { peakBytes } = await fresh.ask<'peak'>({ do: 'peak', count: 3 });
  return { peakBytes, loadedBytes, installBytes };
}

function prepare({ prepare: command }: Peer, { network, folder, batch }: Started['open']): void {
  if (command === null) return;
  const file = `${folder}.json`;
  writeFileSync(file, JSON.stringify(network));
  const args = [...command.args, file, folder, String(batch)];
  const { status, stderr } = spawnSync(command.program, args, {
    encoding: 'utf8',
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1', CUDA_VISIBLE_DEVICES: '' },
  });
  if (status !== 0) throw new Error(stderr.trim().split('\n').at(-1) ?? `exit ${status}`);
}
