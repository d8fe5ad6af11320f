// A peer in a process of its own, asked by lines of JSON: open a network, take steps, tell the peak.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

import type { Graph } from '#runtime';

import { exactMemory } from '../../targets/raspberry-pi/commands/bench/exact-memory.ts';

export type PeerRequest =
  | { readonly do: 'install' }
  | {
      readonly do: 'open';
      readonly network: Graph;
      readonly batch: number;
      /** Where a preparing program left files for this network and batch. */
      readonly folder: string;
    }
  | { readonly do: 'step'; readonly count: number }
  | { readonly do: 'peak'; readonly count: number };

export interface PeerAnswers {
  readonly install: { readonly installBytes: number };
  readonly open: { readonly loadedBytes: number };
  readonly step: { readonly ms: readonly number[] };
  readonly peak: { readonly peakBytes: number };
}

export interface PeerCommand {
  readonly program: string;
  readonly args: readonly string[];
}

/** One thread, whatever the framework; no GPU. */
const oneThread = {
  OMP_NUM_THREADS: '1',
  OPENBLAS_NUM_THREADS: '1',
  MKL_NUM_THREADS: '1',
  CUDA_VISIBLE_DEVICES: '',
  TF_CPP_MIN_LOG_LEVEL: '3',
  PYTHONDONTWRITEBYTECODE: '1',
};

export class PeerProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  #errors = '';

  /** With `measures: 'memory'` freed memory is given back at once, in every framework alike; it costs time. */
  constructor({ program, args }: PeerCommand, measures: 'memory' | 'time') {
    const allocator = measures === 'memory' ? exactMemory : {};
    const child = spawn(program, args, {
      stdio: 'pipe',
      env: { ...process.env, ...oneThread, ...allocator },
    });
    child.stderr.on('data', (text: Buffer) => {
      this.#errors = (this.#errors + text.toString()).slice(-4000);
    });
    child.stdin.on('error', () => {}); // the process ended: ask() says so
    this.#child = child;
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  }

  /** Rejects with the last error the process wrote if it ended instead of answering. */
  async ask<Name extends keyof PeerAnswers>(
    request: Extract<PeerRequest, { do: Name }>,
  ): Promise<PeerAnswers[Name]> {
    this.#child.stdin!.write(`${JSON.stringify(request)}\n`);
    for (;;) {
      const { value, done } = await this.#lines.next();
      if (done === true) throw new Error(this.#lastWords());
      if (value.startsWith('{')) return JSON.parse(value) as PeerAnswers[Name]; // not a framework's chatter
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const closed = once(this.#child, 'close');
    this.#child.stdin!.end();
    this.#child.kill();
    await closed;
  }

  #lastWords(): string {
    const lines = this.#errors.trim().split('\n');
    const words = lines.findLast((line) => line.includes('Error')) ?? lines.at(-1) ?? '';
    return words || `it ended (${this.#child.signalCode ?? this.#child.exitCode})`;
  }
}
