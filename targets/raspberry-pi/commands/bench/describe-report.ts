// The same for people: a table, why arms are missing from it, and what follows.
import { tableLines } from '../table.ts';
import { showBytes, showPercent } from '../units.ts';
import { resolution } from './report.ts';
import type { ArmReport, BenchReport } from './report.ts';

const measures = {
  mapped: 'pages mapped at once during a step',
  resident: 'resident during a step by samples, which can miss a peak,',
} as const;

export function describeReport(report: BenchReport): string[] {
  const { training, holdout, oldExamples, batchSize, epochs, seeds, arms } = report;
  const run = arms.filter(({ cause }) => cause === null);
  const old = oldExamples > 0;
  return [
    `samples  ${training} learned, ${holdout} held out; batch ${batchSize}, ${epochs} epochs, seeds ${seeds.join(', ')}`,
    `memory   ${measures[report.peakMeasure]} over the opened package, a process for each arm, the median of several steps; less than ${showBytes(resolution)} apart is no difference`,
    'kept     activations that wait for the update, and what nearest neighbours keep, by count',
    ...(old ? [`old      accuracy on the package's own ${oldExamples} examples`] : []),
    '',
    ...tableLines([
      [
        'arm',
        'memory',
        'kept',
        'before',
        'after',
        'worst',
        ...(old ? ['old', 'old after'] : []),
        'ms/step',
        'steps',
        'setting',
        'front',
      ],
      ...run.map((arm) => row(arm, old)),
    ]),
    '',
    ...run.map(({ arm, describes }) => `${arm}: ${describes}`),
    ...arms.flatMap(({ arm, cause }) => (cause === null ? [] : [`${arm}: not run: ${cause}`])),
    ...(report.sentences.length > 0 ? ['', ...report.sentences] : []),
  ];
}

function row(arm: ArmReport, old: boolean): string[] {
  const { setting } = arm;
  return [
    arm.arm,
    showBytes(arm.peakBytes ?? 0),
    showBytes(arm.keptBytes ?? 0),
    percent(arm.accuracyBefore),
    percent(arm.accuracyAfter),
    percent(arm.accuracyWorst),
    ...(old ? [percent(arm.oldAccuracyBefore), percent(arm.oldAccuracyAfter)] : []),
    (arm.msPerStep ?? 0).toFixed(1),
    String(arm.steps ?? 0),
    setting === null || setting.name === 'none' ? '-' : `${setting.name} ${setting.value}`,
    arm.onFront ? 'yes' : '',
  ];
}

function percent(fraction: number | null): string {
  return fraction === null ? '-' : showPercent(fraction);
}
