// What is promised of recurrent layers that learn: near full backpropagation through time, above what costs no
// more memory, and nobody left worse off.
import type { RunRow, TaskResult } from '../results.ts';
import type { Row } from './row.ts';

const full = 'full backprop, float32';

type Measured = Pick<TaskResult, 'task' | 'arms' | 'runs'>;

/** None for tasks whose models have no recurrent layers. */
export function recurrentPromises(result: Measured): Row[] {
  const { task, arms } = result;
  if (!arms.some(({ arm }) => arm === 'truncated BPTT')) return [];
  const isOfRows = isDigitRows(task);
  const rows = isOfRows ? [gapRow(result), headRow(result)] : [shareRow(result)];
  return [...rows, truncatedRow(result), worstRow(result)];
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

function worstRow(result: Measured): Row {
  const worst = worstChange(result.runs, 'onward, as a lesson');
  const rehearsing = worstChange(result.runs, 'onward, as a lesson that rehearses');
  const ungated = worstChange(result.runs, 'onward');
  return {
    claim: `${result.task}: the user who gained least from a lesson`,
    measured: `${signed(worst)} points; rehearsing old examples ${signed(rehearsing)}; without a gate ${signed(ungated)}`,
    promised: 'not below where it started',
    holds: worst >= 0,
  };
}

/** The least of the users' mean changes over seeds. */
function worstChange(runs: readonly RunRow[], arm: string): number {
  const changes = new Map<string, number[]>();
  for (const run of runs.filter((each) => each.arm === arm)) {
    changes.set(run.user, [...(changes.get(run.user) ?? []), run.after - run.before]);
  }
  return Math.min(
    ...Array.from(changes.values(), (each) => each.reduce((a, b) => a + b, 0) / each.length),
  );
}

function afterOf(result: Measured, name: string): number {
  return armOf(result, name).after.mean;
}

function armOf({ arms }: Measured, name: string): TaskResult['arms'][number] {
  return arms.find(({ arm }) => arm === name)!;
}

function signed(points: number): string {
  return `${points < 0 ? '' : '+'}${points.toFixed(2)}`;
}
