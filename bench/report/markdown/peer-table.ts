import type { PeerCost, PeerResult } from '../../results.ts';
import { tableText } from './fill-tables.ts';

/** Other frameworks at the same step; times are over onward's. */
export function peerTable(peers: readonly PeerResult[], batchSize: number): string {
  const measured = peers.filter((peer) => peer.batchSize === batchSize);
  const networks = [...new Set(measured.map(({ network }) => network))];
  const costOf = (peer: string, network: string): PeerCost | null =>
    measured.find((one) => one.peer === peer && one.network === network)?.cost ?? null;
  const names = [...new Set(measured.map(({ peer }) => peer))];
  const ran = names.filter((name) => networks.some((network) => costOf(name, network) !== null));
  return tableText([
    [
      `a learning step, batch ${batchSize}`,
      ...networks.flatMap((network) => [`${network}: time`, 'memory']),
      'loaded process',
      'installed',
    ],
    ...ran.map((name) => {
      const cells = networks.flatMap((network) => {
        const [cost, own] = [costOf(name, network), costOf('onward', network)];
        return cost && own
          ? [(cost.msPerStep / own.msPerStep).toFixed(2), mebibytes(cost.peakBytes, 1)]
          : ['cannot', ''];
      });
      const any = networks.map((network) => costOf(name, network)).find((cost) => cost !== null)!;
      const process = [mebibytes(any.loadedBytes, 0), mebibytes(any.installBytes, 0)];
      return [name === 'onward' ? '**onward**' : name].concat(cells, process);
    }),
  ]);
}

function mebibytes(bytes: number, digits: number): string {
  return `${(bytes / 2 ** 20).toFixed(digits)} MiB`;
}
