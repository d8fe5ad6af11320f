import { buffer } from 'node:stream/consumers';

import type { Command } from 'commander';
import { Argument, InvalidArgumentError } from 'commander';

import { quantizeSamples } from '#runtime';

import { decode, readBytes } from '../package-file.ts';
import { armNames, learnings } from './bench/arm-names.ts';
import type { ArmName, Learning } from './bench/arm-names.ts';
import { watchInterrupt } from './interrupt.ts';
import { addDataOptions } from './learner-options.ts';
import { openData, requireClasses } from './open-data.ts';
import type { DataOptions } from './open-data.ts';
import { positiveNumber, wholeNumber } from './option-values.ts';
import { openProgress } from './progress.ts';
import { printResult } from './terminal.ts';
import type { Terminal } from './terminal.ts';

interface BenchFlags extends DataOptions {
  readonly epochs?: number;
  readonly seeds: readonly number[];
  readonly holdout: number;
  readonly arms: readonly ArmName[];
  readonly json?: boolean;
}

/** Adds `bench`, and the hidden command with which it measures memory in processes of their own. */
export function addBench(program: Command, terminal: Terminal): void {
  const command = program
    .command('bench')
    .description('Compare ways to learn on your own package and samples; nothing is kept.')
    .argument('<package>', 'an .onward file')
    .argument('<data>', 'labelled samples: .npz, .csv or a folder with a folder per class');
  addDataOptions(command)
    .option('--epochs <n>', 'passes over the samples (default: as exported)', wholeNumber(1))
    .option('--seeds <list>', 'of the order, the rounding and random feedback', seedList, [1, 2, 3])
    .option('--holdout <x>', 'fraction of each class to judge by', positiveNumber(0.5), 0.3)
    .option('--arms <list>', `some of ${armNames.join(',')}`, armList, [...armNames])
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      `
Every way starts from the package's own weights, learns the same samples and is judged by the same
held-out ones. Its learning rate is chosen on a part of the samples it learns. Nothing is written, and
no state is read. Ctrl-C ends it.

Examples:
  onward bench reader.onward mine.npz
  onward bench reader.onward ./photos --epochs 4 --arms head,package,float-backprop --json`,
    )
    .action(async (packagePath: string, dataPath: string, flags: BenchFlags) => {
      const { arms } = await import('./bench/arms.ts');
      const { compareArms } = await import('./bench/compare-arms.ts');
      const { describeReport } = await import('./bench/describe-report.ts');
      const content = await decode(await readBytes(packagePath));
      const { model, input, labels, plan } = content;
      const data = await openData(dataPath, { content, labels }, flags);
      const [classes, shape] = [requireClasses(data, dataPath), model.graph.inputShape];
      const quantization = model.quantization[0] ?? { scale: 1, zeroPoint: 0 };
      const samples = quantizeSamples(data.samples.x, { shape, quantization, description: input });
      using progress = openProgress(terminal);
      using signal = watchInterrupt();
      const object = await compareArms(
        content,
        { samples, labels: classes },
        {
          seeds: flags.seeds,
          holdout: flags.holdout,
          signal,
          epochs: flags.epochs ?? plan.epochs,
          arms: arms.filter(({ name }) => flags.arms.includes(name)),
          onProgress: (stage, done, total) => progress.show(stage, done, total),
        },
      );
      printResult(terminal, flags, { object, lines: describeReport(object) });
    });
  program
    .command('bench-step', { hidden: true })
    .addArgument(new Argument('<learning>').choices(learnings))
    .action(async (learning: Learning) => {
      const { peakOfSteps } = await import('./bench/measure-step.ts');
      const content = await decode(new Uint8Array(await buffer(process.stdin)));
      terminal.stdout.write(String(await peakOfSteps(learning, content)));
    });
}

function seedList(text: string): number[] {
  const seeds = text.split(',').map(wholeNumber(0));
  if (new Set(seeds).size === seeds.length) return seeds;
  throw new InvalidArgumentError('Expected each seed once.');
}

function armList(text: string): ArmName[] {
  return text.split(',').map((name) => {
    const found = armNames.find((arm) => arm === name.trim());
    if (found !== undefined) return found;
    throw new InvalidArgumentError(`Expected some of ${armNames.join(',')}.`);
  });
}
