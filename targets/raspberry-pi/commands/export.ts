import { rename, writeFile } from 'node:fs/promises';
import { basename, extname } from 'node:path';

import type { Command } from 'commander';
import { Option } from 'commander';

import type { ExportOptions, exportPackage, ExportReport } from '#exporters';
import { InputError, planMemory } from '#runtime';
import type { Rule } from '#runtime';

import { readBytes, sha256 } from '../package-file.ts';
import { readCalibration } from './calibration.ts';
import { describePackage, inspection } from './describe-package.ts';
import { numberList, positiveNumber, wholeNumber } from './option-values.ts';
import { openProgress } from './progress.ts';
import { readLabels } from './read-labels.ts';
import { printResult } from './terminal.ts';
import type { Terminal } from './terminal.ts';

interface ExportFlags {
  readonly json?: boolean;
  readonly output?: string;
  readonly calibration: string;
  readonly labels?: string;
  readonly mean?: readonly number[];
  readonly std?: readonly number[];
  readonly weights: 'full' | 'safe';
  readonly tail?: number;
  readonly rule?: Exclude<Rule, 'exact'>;
  readonly frozen?: number;
  readonly feedback: 'calibrated' | 'random';
  readonly density: number;
  readonly seed: number;
  readonly batch?: number;
  readonly epochs?: number;
  readonly rate?: number;
}

export function addExport(program: Command, terminal: Terminal): void {
  const command = program
    .command('export')
    .description('Make a package from an ONNX model, for devices to predict with and learn from.')
    .argument('<model>', 'an .onnx file, float32 or int8')
    .option('-o, --output <file>', 'the package (default: the model’s name with .onward)')
    .requiredOption(
      '--calibration <data>',
      'about 300 samples like those of the device, labelled if possible',
    )
    .option(
      '--labels <file>',
      'names of the classes, one per line (default: those of the calibration)',
    )
    .option(
      '--mean <list>',
      'subtracted from each channel of a sample, before --std divides',
      numberList,
    )
    .option(
      '--std <list>',
      'for images 0 to 255 and a model of 0 to 1: --mean 0 --std 255',
      numberList,
    );
  addPlanOptions(command)
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      `
Calibration fixes the ranges of the int8 values and fits the feedback that teaches the modules before
the tail. Give it as the device will give its samples: before --mean and --std, if those are set.

Examples:
  onward export model.onnx -o reader.onward --calibration calibration.npz --labels labels.txt
  onward export model.onnx --calibration ./photos --mean 0 --std 255 --tail 2`,
    )
    .action((path: string, flags: ExportFlags) => exportModel(path, flags, terminal));
}

function addPlanOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--weights <range>', 'safe is exact on every CPU, full needs VNNI or ARM')
        .choices(['safe', 'full'])
        .default('safe'),
    )
    .option(
      '--tail <n>',
      'modules at the end that learn exactly (default: as many as cost no more memory)',
      wholeNumber(1),
    )
    .addOption(
      new Option('--rule <rule>', 'how the modules before the tail learn').choices([
        'feedback-local',
        'feedback-direct',
        'exact-replay',
        'frozen',
      ]),
    )
    .option('--frozen <n>', 'modules at the start that never learn', wholeNumber(0))
    .addOption(
      new Option('--feedback <kind>', 'fitted to the calibration, or drawn from the seed')
        .choices(['calibrated', 'random'])
        .default('calibrated'),
    )
    .option('--density <x>', 'share of the feedback’s entries to keep', positiveNumber(1), 1)
    .option('--seed <n>', 'of random feedback', wholeNumber(0), 1)
    .option('--batch <n>', 'samples in a learning step', wholeNumber(1))
    .option('--epochs <n>', 'passes over the samples of a lesson', wholeNumber(1))
    .option('--rate <x>', 'learning rate at the first step', positiveNumber());
}

async function exportModel(path: string, flags: ExportFlags, terminal: Terminal): Promise<void> {
  const { bytes, content, report } = await makePackage(path, flags, terminal);
  const output = flags.output ?? `${basename(path, extname(path))}.onward`;
  await replaceFile(output, bytes);
  for (const note of report.notes) terminal.stderr.write(`note: ${note}\n`);
  const details = inspection(content, planMemory(content));
  printResult(terminal, flags, {
    object: exportResult(report),
    lines: describePackage(output, bytes.length, content, details),
  });
}

async function makePackage(
  path: string,
  flags: ExportFlags,
  terminal: Terminal,
): ReturnType<typeof exportPackage> {
  const { exportPackage: make, importModel } = await import('#exporters');
  const onnx = await readBytes(path);
  const labels = flags.labels === undefined ? undefined : await readLabels(flags.labels);
  const model = importModel(onnx);
  const [, , channels] = model.graph.inputShape;
  const calibration = await readCalibration(flags.calibration, model, labels);
  using progress = openProgress(terminal);
  return await make(onnx, {
    ...exportOptions(flags),
    mean: perChannel(flags.mean ?? [0], channels, '--mean'),
    deviation: perChannel(flags.std ?? [1], channels, '--std'),
    ...calibration,
    source: basename(path),
    sha256,
    onProgress: (stage, done, total) => progress.show(stage, done, total),
  });
}

/** One number stands for all channels. */
function perChannel(numbers: readonly number[], channels: number, option: string): number[] {
  const [first = 0] = numbers;
  if (numbers.length === 1) return Array.from({ length: channels }, () => first);
  if (numbers.length === channels) return [...numbers];
  throw new InputError(
    `${option}: expected one number, or ${channels}, one per channel, got ${numbers.length}`,
  );
}

function exportOptions(
  flags: ExportFlags,
): Pick<ExportOptions, 'weightLimit' | 'plan' | 'feedback'> {
  const { tail, rule, frozen, batch, epochs, rate } = flags;
  return {
    weightLimit: flags.weights === 'full' ? 127 : 64,
    plan: {
      ...(tail !== undefined && { tail }),
      ...(rule !== undefined && { rule }),
      ...(frozen !== undefined && { frozen }),
      ...(batch !== undefined && { batchSize: batch }),
      ...(epochs !== undefined && { epochs }),
      ...(rate !== undefined && { learningRate: rate }),
    },
    feedback: { kind: flags.feedback, seed: flags.seed, density: flags.density },
  };
}

/** What `export --json` prints; accuracies from 0 to 1, absent without labelled calibration samples. */
function exportResult({
  layers,
  trainableParameters,
  packageBytes,
  ...report
}: ExportReport): object {
  const { floatAccuracy, int8Accuracy, alignment } = report;
  return {
    layers,
    trainableParameters,
    packageBytes,
    ...(floatAccuracy !== null && { floatAccuracy }),
    ...(int8Accuracy !== null && { int8Accuracy }),
    alignment,
  };
}

/** Writes the file whole or not at all. */
async function replaceFile(path: string, bytes: Uint8Array): Promise<void> {
  const draft = `${path}.${process.pid}.part`;
  try {
    await writeFile(draft, bytes);
    await rename(draft, path);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new InputError(`${path}: expected a file that can be written, got ${reason}`, { cause });
  }
}
