import type { Claim } from '../../results.ts';
import { tableText } from './fill-tables.ts';

/** What was found, what is promised of it, and whether it holds. */
export function promiseTable(claims: readonly Claim[]): string {
  const rows = claims.map(({ claim, measured, promised, holds }) => [
    claim,
    measured,
    promised,
    holds === null ? '' : holds ? 'yes' : '**NO**',
  ]);
  return tableText([['what', 'measured', 'promised', 'holds'], ...rows], { left: 4 });
}
