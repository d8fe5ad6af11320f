// The tables that documents may ask for by name.
import type { BenchResults } from '../../results.ts';
import { armTable } from './arm-table.ts';
import { costTable } from './cost-table.ts';
import { peerTable } from './peer-table.ts';
import { promiseTable } from './promise-table.ts';
import { taskTable } from './task-table.ts';

/** Of a complete result file; one of some parts gives tables with what it has. */
export function measuredTables({ tasks, claims, peers }: BenchResults): Record<string, string> {
  const hard = tasks.find(({ task }) => task === 'digits-hard');
  return {
    ...(hard && { 'digits-hard': armTable(hard) }),
    tasks: taskTable(tasks),
    cost: costTable(claims),
    peers: peerTable(peers, 4),
    browser: promiseTable(claims.filter(({ part }) => part === 'browser')),
  };
}
