// What is promised of recurrent layers that learn: near full backpropagation through time, and above what costs no
// more memory.
import type { TaskResult } from '../results.ts';
import type { Row } from './row.ts';

const full = 'full backprop, float32';

type Measured = Pick<TaskResult, 'task' | 'arms'>;

/** None for tasks whose models have no recurrent layers. */
export function recurrentPromises(result: Measured): Row[] {
  const { task, arms } = result;
  if (!arms.some(({ arm }) => arm === 'truncated BPTT')) return [];
  const isOfRows = isDigitRows(task);
  const rows = isOfRows ? [gapRow(result), headRow(result)] : [shareRow(result)];
  return [...rows, truncatedRow(result)];
}

function isDigitRows(task: string): boolean {
  return task.startsWith('digit-rows');
}

function gapRow(result: Measured): Row {
  const gap = afterOf(result, full) - afterOf(result, 'onward');
  return {
    claim: `${result.task}: onward against full float32 backprop through time`,
    measured: `${(-gap).toFixed(2)} points`,
    promised: 'at most 1.5 below',
    holds: gap <= 1.5,
  };
}

function headRow(result: Measured): Row {
  const gap = afterOf(result, 'onward') - afterOf(result, 'head only');
  return {
    claim: `${result.task}: onward against head only`,
    measured: `${gap.toFixed(2)} points`,
    promised: 'at least 4 above',
    holds: gap >= 4,
  };
}

function truncatedRow(result: Measured): Row {
  const gap = afterOf(result, 'onward') - afterOf(result, 'truncated BPTT');
  return {
    claim: `${result.task}: onward against truncated backprop through time in the same memory`,
    measured: `${gap.toFixed(2)} points`,
    // Elsewhere the end of a sequence may be all that tells; the row stands for comparison.
    promised: isDigitRows(result.task) ? 'above' : '',
    holds: isDigitRows(result.task) ? gap > 0 : null,
  };
}

/** (after - before) over that of full backpropagation, each from its own start. */
function shareRow(result: Measured): Row {
  const [gain, wanted] = ['onward', full].map(
    (arm) => afterOf(result, arm) - armOf(result, arm).before.mean,
  ) as [number, number];
  return {
    claim: `${result.task}: onward’s gain over that of full float32 backprop through time`,
    measured: `${gain.toFixed(2)} of ${wanted.toFixed(2)} points`,
    promised: 'at least 90 %',
    holds: gain >= 0.9 * wanted,
  };
}

function afterOf(result: Measured, name: string): number {
  return armOf(result, name).after.mean;
}

function armOf({ arms }: Measured, name: string): TaskResult['arms'][number] {
  return arms.find(({ arm }) => arm === name)!;
}
