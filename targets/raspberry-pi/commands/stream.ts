// A sequence that comes in line by line and need not end: each line is a step, predicted as it comes.
import { once } from 'node:events';
import { createInterface } from 'node:readline';

import type { Command } from 'commander';

import { InputError } from '#runtime';
import type { KeptLesson, Learner, LearnerStream, Prediction } from '#runtime';

import { stepReader } from '../data/step-lines.ts';
import type { StepLine } from '../data/step-lines.ts';
import { addLearnerOptions } from './learner-options.ts';
import type { LearnerOptions } from './learner-options.ts';
import { addKeepOption } from './lesson-options.ts';
import { positiveNumber, wholeNumber } from './option-values.ts';
import { printResult } from './terminal.ts';
import type { Terminal } from './terminal.ts';
import { showPercent } from './units.ts';

interface StreamFlags extends LearnerOptions {
  readonly rate?: number;
  readonly keep?: 'improved' | 'always';
  readonly keepEvery?: number;
  readonly json?: boolean;
}

export function addStream(program: Command, terminal: Terminal): void {
  const command = program
    .command('stream')
    .description('Predict step by step as lines come in, and learn where a line has a label.')
    .argument('<package>', 'an .onward file of a model that can run one step at a time');
  addKeepOption(addLearnerOptions(command))
    .option('--rate <x>', 'learning rate of one label (default: as exported)', positiveNumber())
    .option('--keep-every <n>', 'keep what was learned after every n labels too', wholeNumber(1))
    .option('--json', 'print one JSON object a line')
    .addHelpText(
      'after',
      `
Each line of the input has the values of one step, and after them a label where it is known; an empty
line ends the sequence. The class is printed before the label is learned. At the end of the input, or
at Ctrl-C, what was learned is kept if it helped on the last labels.

Examples:
  sensor | onward stream gestures.onward --state ./state
  onward stream gestures.onward --state ./state --keep-every 100 --json < steps.csv`,
    )
    .action(async (path: string, flags: StreamFlags) => {
      const { openLearner } = await import('../index.ts');
      await using learner = await openLearner(path, flags);
      await using stream = await learner.stream();
      await follow({ learner, stream, flags, terminal });
    });
}

interface Following {
  readonly learner: Learner;
  readonly stream: LearnerStream;
  readonly flags: StreamFlags;
  readonly terminal: Terminal;
}

async function follow(following: Following): Promise<void> {
  const { learner, stream, flags, terminal } = following;
  const [, width, channels] = learner.content.model.graph.inputShape;
  const read = stepReader(width * channels, () => learner.labels);
  const unkept = { labels: 0 };
  let count = 0;
  for await (const line of linesOf(terminal)) {
    const step = read(line);
    if (step === null) continue;
    if (step.values === null) {
      await stream.reset();
      continue;
    }
    printStep(following, count++, step, await stream.push(step.values));
    if (terminal.stdout.writableNeedDrain) await once(terminal.stdout, 'drain');
    if (step.label === null) continue;
    await stream.learn(step.label, flags.rate === undefined ? {} : { learningRate: flags.rate });
    unkept.labels++;
    if (unkept.labels === flags.keepEvery) await keep(following, unkept);
  }
  if (unkept.labels > 0) await keep(following, unkept);
}

/** Lines of the standard input until its end or Ctrl-C. */
async function* linesOf({ stdin }: Terminal): AsyncGenerator<string> {
  if (stdin === undefined) throw new InputError('stream: expected a standard input, got none');
  const end = new AbortController();
  const interrupt = (): void => end.abort();
  process.once('SIGINT', interrupt);
  try {
    yield* createInterface({ input: stdin, crlfDelay: Infinity, signal: end.signal });
  } finally {
    process.off('SIGINT', interrupt);
  }
}

async function keep(following: Following, unkept: { labels: number }): Promise<void> {
  const { stream, flags, terminal } = following;
  const { id, ...lesson } = await stream.keep({ keep: flags.keep ?? 'improved' });
  unkept.labels = 0;
  const stateId = flags.state === undefined ? null : id;
  const lines = describeLesson(lesson, stateId);
  printResult(terminal, flags, { object: { lesson: { ...lesson, stateId } }, lines });
}

function printStep(
  { learner, flags, terminal }: Following,
  step: number,
  { label }: StepLine,
  { label: said, score }: Prediction,
): void {
  const expected = label === null ? undefined : learner.labels[label];
  printResult(terminal, flags, {
    object: { step, label: said, score, ...(expected !== undefined && { expected }) },
    lines: [
      [said, showPercent(score), ...(expected === undefined ? [] : [`expected ${expected}`])].join(
        '  ',
      ),
    ],
  });
}

function describeLesson(
  { samples, holdout, accuracyBefore, accuracyAfter, kept, cause }: Omit<KeptLesson, 'id'>,
  stateId: string | null,
): string[] {
  const where = stateId === null ? 'for this run only; --state keeps it' : `as ${stateId}`;
  return [
    `learned   ${samples} labels`,
    `accuracy  ${showPercent(accuracyBefore)} -> ${showPercent(accuracyAfter)} on the last ${holdout}, without and with learning`,
    `kept      ${kept ? `yes, ${where}` : `no, ${cause}`}`,
  ];
}
