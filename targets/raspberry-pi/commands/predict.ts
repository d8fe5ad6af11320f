import type { Command } from 'commander';

import type { Prediction } from '#runtime';

import { addDataOptions, addLearnerOptions } from './learner-options.ts';
import type { LearnerOptions } from './learner-options.ts';
import { openData } from './open-data.ts';
import type { DataOptions, OwnSamples } from './open-data.ts';
import { tableLines } from './table.ts';
import { printResult } from './terminal.ts';
import type { Terminal } from './terminal.ts';
import { showPercent } from './units.ts';

/** What `predict --json` prints; accuracy from 0 to 1, where the data has labels. */
export interface PredictResult {
  readonly count: number;
  readonly accuracy?: number;
  readonly predictions: readonly { readonly label: string; readonly score: number }[];
}

interface PredictOptions extends LearnerOptions, DataOptions {
  readonly json?: boolean;
}

export function addPredict(program: Command, terminal: Terminal): void {
  const command = program
    .command('predict')
    .description('Name the class of samples, and the accuracy where they are labelled.')
    .argument('<package>', 'an .onward file')
    .argument('<data>', 'samples: .npz, .csv, a folder, or one image or sound');
  addDataOptions(addLearnerOptions(command))
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      `
With --state the model predicts with what it has learned there; nothing is written.

Examples:
  onward predict reader.onward new.npz --state ./state
  onward predict reader.onward photo.jpg --json`,
    )
    .action(async (packagePath: string, dataPath: string, options: PredictOptions) => {
      const { openLearner } = await import('../index.ts');
      await using learner = await openLearner(packagePath, options);
      const data = await openData(dataPath, learner, options);
      const predictions = await learner.predictAll(data.samples.x);
      const object = summarise(predictions, data, learner.labels);
      printResult(terminal, options, { object, lines: describe(object, data, learner.labels) });
    });
}

function summarise(
  predictions: readonly Prediction[],
  { classes }: OwnSamples,
  labels: readonly string[],
): PredictResult {
  const right = predictions.filter(({ label }, index) => label === labels[classes?.[index] ?? -1]);
  return {
    count: predictions.length,
    ...(classes && { accuracy: right.length / predictions.length }),
    predictions: predictions.map(({ label, score }) => ({ label, score })),
  };
}

function describe(
  { predictions, accuracy, count }: PredictResult,
  { samples, classes }: OwnSamples,
  labels: readonly string[],
): string[] {
  const lines = tableLines([
    ['sample', 'label', 'score', ...(classes ? ['expected'] : [])],
    ...predictions.map(({ label, score }, index) => [
      samples.names?.[index] ?? String(index),
      label,
      showPercent(score),
      ...(classes ? [labels[classes[index] ?? -1] ?? ''] : []),
    ]),
  ]);
  return accuracy === undefined
    ? lines
    : [...lines, '', `accuracy ${showPercent(accuracy)} of ${count} samples`];
}
