// Onward beside the frameworks a user would pick instead, at the same learning step.
import type { PeerCost, PeerResult } from '../results.ts';
import type { Row } from './row.ts';

/** One row for each peer that ran: its time and memory over onward's. Those that did not run say why. */
export function peerRows(results: readonly PeerResult[]): Row[] {
  const ours = results.find(({ peer }) => peer === 'onward')?.cost ?? null;
  return results.flatMap(({ peer, network, batchSize, cost, missing }) => {
    if (peer === 'onward') return [];
    const claim = `${peer}, ${network}, batch ${batchSize}`;
    const measured = cost && ours ? against(cost, ours) : `not measured: ${missing ?? 'no onward'}`;
    return [{ claim, measured, promised: '', holds: null }];
  });
}

function against(cost: PeerCost, ours: PeerCost): string {
  return (
    `${(cost.msPerStep / ours.msPerStep).toFixed(2)} of onward's time; ` +
    `${mebibytes(cost.peakBytes)} (onward ${mebibytes(ours.peakBytes)}) over ` +
    `${mebibytes(cost.loadedBytes)} (${mebibytes(ours.loadedBytes)}); ` +
    `install ${mebibytes(cost.installBytes)} (${mebibytes(ours.installBytes)})`
  );
}

function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}
