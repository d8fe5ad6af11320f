// The Node side of peer-process.ts: what python/peer.py does, for peers that are Node programs.
import { createInterface } from 'node:readline';

import type { Graph } from '#runtime';

import { startPeak } from '../../targets/raspberry-pi/peak-memory.ts';
import { installedBytes } from '../installed-bytes.ts';
import { withInfinity } from '../with-infinity.ts';
import type { PeerRequest } from './peer-process.ts';

export interface OpenedPeer {
  /** On the whole batch. */
  predict(): Promise<unknown>;
  /** One learning step. */
  step(): Promise<void>;
}

export type OpenPeer = (network: Graph, batch: number) => Promise<OpenedPeer>;

/** Answers until standard input ends. `packages` are counted as installed, with what they depend on. */
export async function servePeer(open: OpenPeer, packages: readonly string[]): Promise<void> {
  let step = notOpened;
  for await (const line of createInterface({ input: process.stdin })) {
    const request = JSON.parse(line, withInfinity) as PeerRequest;
    let answer: unknown;
    if (request.do === 'install') answer = { installBytes: installedBytes(packages) };
    else if (request.do === 'open') {
      const opened = await open(request.network, request.batch);
      step = (): Promise<void> => opened.step();
      await opened.predict();
      globalThis.gc?.();
      answer = { loadedBytes: process.memoryUsage.rss() };
    } else if (request.do === 'step') {
      const ms: number[] = [];
      for (let count = 0; count < request.count; count++) {
        const started = performance.now();
        await step();
        ms.push(performance.now() - started);
      }
      answer = { ms };
    } else {
      globalThis.gc?.();
      const finish = startPeak();
      for (let count = 0; count < request.count; count++) {
        await step();
        globalThis.gc?.();
      }
      answer = { peakBytes: finish() };
    }
    process.stdout.write(`${JSON.stringify(answer)}\n`);
  }
}

function notOpened(): Promise<void> {
  return Promise.reject(new Error('expected a request to open a network first'));
}
