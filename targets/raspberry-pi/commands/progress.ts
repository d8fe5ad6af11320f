import { Presets, SingleBar } from 'cli-progress';

import type { Terminal } from './terminal.ts';

export interface Progress extends Disposable {
  /** A new `stage` starts a new bar. */
  show(stage: string, done: number, total: number): void;
}

/** A bar on a terminal's stderr, gone at the end; nothing at all where stderr goes elsewhere. */
export function openProgress({ stderr }: Terminal): Progress {
  let current: { readonly stage: string; readonly bar: SingleBar } | null = null;
  const end = (): void => {
    current?.bar.stop();
    current = null;
  };
  return {
    show(stage, done, total) {
      if (!stderr.isTTY) return;
      if (current?.stage !== stage) {
        end();
        const format = `${stage} {bar} {value} of {total}, {eta_formatted} to go`;
        const options = { stream: stderr, format, clearOnComplete: true, hideCursor: true };
        current = { stage, bar: new SingleBar(options, Presets.shades_classic) };
        current.bar.start(total, done);
      }
      current.bar.update(done);
    },
    [Symbol.dispose]: end,
  };
}
