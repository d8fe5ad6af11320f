import type { Claim } from '../../results.ts';
import { tableText } from './fill-tables.ts';

/** What a step costs on the two networks whose cost is promised: rows of the parts `memory` and `time`. */
export function costTable(claims: readonly Claim[]): string {
  return tableText([
    ['a learning step', 'onward', 'exact replay', 'int8 backprop', 'float32 backprop'],
    ...[4, 32].map((batch) => memoryRow(claims, batch)),
    ...claims.flatMap((claim) => timeRow(claim)),
  ]);
}

function memoryRow(claims: readonly Claim[], batch: number): string[] {
  const rows = claims.filter(
    ({ part, claim }) => part === 'memory' && claim.endsWith(`batch ${batch}`),
  );
  const values = new Map(rows.flatMap((row) => Object.entries(row.values ?? {})));
  const names = ['onwardBytes', 'exactReplayBytes', 'int8BackpropBytes', 'floatBackpropBytes'];
  const cells = names.map((name) => mebibytes(values.get(name)));
  return [`peak memory, 20 convolutions, batch ${batch}`, ...cells];
}

function timeRow({ part, claim, values }: Claim): string[][] {
  if (part !== 'time' || values === undefined) return [];
  const names = ['exactReplay', 'int8Backprop', 'floatBackprop'];
  const [, network, batch] = claim.split(', ');
  const cells = names.map((name) => values[name]?.toFixed(2) ?? '');
  return [[`time, ${network!.replace('twenty', '20')}, ${batch}`, '1', ...cells]];
}

function mebibytes(bytes?: number): string {
  return bytes === undefined ? '' : `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}
