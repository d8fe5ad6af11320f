import type { ArmSummary, TaskResult } from '../../results.ts';
import { tableText } from './fill-tables.ts';

const full = 'full backprop, float32';

/** Every task in a line: onward beside what is cheaper and what is dearer. */
export function taskTable(tasks: readonly TaskResult[]): string {
  return tableText([
    [
      'a new user',
      'before',
      'head only',
      'last modules or steps',
      '**onward**',
      'full float32',
      'memory, onward',
      'full float32',
      'on the front',
    ],
    ...tasks.filter(({ arms }) => arms.length > 0).map(rowOf),
  ]);
}

function rowOf({ title, arms, verdict }: TaskResult): string[] {
  const of = (name: string): ArmSummary | undefined => arms.find(({ arm }) => arm === name);
  const after = (name: string): string => {
    const found = of(name);
    return found ? `${found.after.mean.toFixed(1)} %` : '';
  };
  const memory = (name: string): string => {
    const found = of(name);
    return found ? `${(found.cost.peakBytes / 2 ** 20).toFixed(2)} MiB` : '';
  };
  return [
    title,
    `${of('no adaptation')!.before.mean.toFixed(1)} %`,
    after('head only'),
    after('last modules only') || after('truncated BPTT'),
    `**${after('onward')}**`,
    after(full),
    memory('onward'),
    memory(full),
    verdict!.onwardOnFront ? 'yes' : 'no',
  ];
}
