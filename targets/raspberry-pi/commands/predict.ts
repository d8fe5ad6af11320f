import type { Command } from 'commander';

import { InputError, logitPositions } from '#runtime';
import type { LabelledSamples, Learner, Prediction } from '#runtime';

import { labelRows, rowsOf } from '../data/sequence-rows.ts';
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
  readonly predictions: readonly SamplePrediction[];
}

interface Named {
  readonly label: string;
  readonly score: number;
}

/** Of its last step, and of all where the model has logits of every step. */
interface SamplePrediction extends Named {
  readonly steps?: readonly Named[];
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
      const { content, labels } = learner;
      const [steps] = content.model.graph.inputShape;
      const samples = rowsOf(data.samples, steps);
      const isOfSteps = logitPositions(content) > 1;
      const predictions = isOfSteps
        ? await predictEach(learner, samples, data.samples.shape[0] ?? 1)
        : (await learner.predictAll(samples)).map((prediction) => [prediction]);
      const object = summarise(predictions, data, { steps, labels, isOfSteps });
      printResult(terminal, options, { object, lines: describe(object, data, learner.labels) });
    });
}

async function predictEach(
  learner: Learner,
  samples: LabelledSamples['x'],
  count: number,
): Promise<Prediction[][]> {
  const predictions: Prediction[][] = [];
  for (let i = 0; i < count; i++) {
    const sample = samples[i] ?? 0;
    const row = samples.length / count;
    const flat = samples as Float32Array;
    predictions.push(
      await learner.predictSteps(
        typeof sample === 'number' ? flat.subarray(i * row, (i + 1) * row) : sample,
      ),
    );
  }
  return predictions;
}

/** `predictions` of each sample, one or of each step. */
function summarise(
  predictions: readonly (readonly Prediction[])[],
  { samples, classes }: OwnSamples,
  model: {
    readonly steps: number;
    readonly labels: readonly string[];
    readonly isOfSteps: boolean;
  },
): PredictResult {
  const { steps, labels, isOfSteps } = model;
  const expected = classes && labelRows(classes, samples, steps).flat();
  const said = predictions.flat();
  if (expected && expected.length !== said.length) {
    throw new InputError(
      `y: expected ${said.length} labels, one for each prediction, got ${expected.length}`,
    );
  }
  const judged = said.flatMap(({ label }, index) => {
    const own = expected?.[index] ?? -1;
    return own < 0 ? [] : [label === labels[own]];
  });
  return {
    count: predictions.length,
    ...(judged.length > 0 && { accuracy: judged.filter(Boolean).length / judged.length }),
    predictions: predictions.flatMap((own) => {
      const last = own.at(-1);
      if (last === undefined) return [];
      return [isOfSteps ? { ...named(last), steps: own.map(named) } : named(last)];
    }),
  };
}

function named({ label, score }: Prediction): Named {
  return { label, score };
}

function describe(
  { predictions, accuracy, count }: PredictResult,
  { samples, classes }: OwnSamples,
  labels: readonly string[],
): string[] {
  const isLabelled = classes?.length === count;
  const lines = tableLines([
    ['sample', 'label', 'score', ...(isLabelled ? ['expected'] : [])],
    ...predictions.map(({ label, score }, index) => [
      samples.names?.[index] ?? String(index),
      label,
      showPercent(score),
      ...(isLabelled ? [labels[classes?.[index] ?? -1] ?? ''] : []),
    ]),
  ]);
  return accuracy === undefined
    ? lines
    : [...lines, '', `accuracy ${showPercent(accuracy)} of ${count} samples`];
}
