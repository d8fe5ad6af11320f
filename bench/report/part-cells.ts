import type { BenchResults, Machine } from '../results.ts';

/** When each part was measured, at which commit, where, and how long it took; the first row is the header. */
export function partCells({ parts }: Pick<BenchResults, 'parts'>): string[][] {
  const rows = Object.entries(parts).map(([part, { date, commit, seconds, machine }]) => [
    part,
    date.slice(0, 10),
    commit ?? 'no commit',
    machine.cpu,
    String(seconds),
  ]);
  return [['part', 'measured on', 'at commit', 'processor', 'seconds'], ...rows];
}

/** In words, all that parts were measured on. */
export function describeMachines({ parts }: Pick<BenchResults, 'parts'>): string {
  const machines = Object.values(parts).map(({ machine }) => describeMachine(machine));
  return [...new Set(machines)].join('; ');
}

function describeMachine({ cpu, cores, memoryBytes, platform, arch }: Machine): string {
  return `${cpu}, ${cores} cores, ${(memoryBytes / 2 ** 30).toFixed(0)} GiB, ${platform} ${arch}`;
}
