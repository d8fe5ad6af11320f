import type { Claim } from '../../results.ts';
import { tableText } from './fill-tables.ts';

/** What parts found, what is promised of it, and whether it holds. */
export function promiseTable(claims: readonly Claim[], parts: readonly string[]): string {
  const rows = claims
    .filter(({ part }) => parts.includes(part))
    .map(({ claim, measured, promised, holds }) => [
      claim,
      measured,
      promised,
      holds === null ? '' : holds ? 'yes' : '**NO**',
    ]);
  return tableText([['what', 'measured', 'promised', 'holds'], ...rows], { left: 4 });
}
