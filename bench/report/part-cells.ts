import type { BenchResults } from '../results.ts';

/** When each part was measured, at which commit, and how long it took; the first row is the header. */
export function partCells({ parts }: Pick<BenchResults, 'parts'>): string[][] {
  const rows = Object.entries(parts).map(([part, { date, commit, seconds }]) => [
    part,
    date.slice(0, 10),
    commit ?? 'no commit',
    String(seconds),
  ]);
  return [['part', 'measured on', 'at commit', 'seconds'], ...rows];
}
