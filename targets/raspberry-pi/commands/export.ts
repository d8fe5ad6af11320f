import { basename, extname } from 'node:path';

import type { Command } from 'commander';

import type { exportPackage, ExportReport } from '#exporters';
import { InputError } from '#runtime';
import type { PackageContent, SoundDescription } from '#runtime';

import { readBytes, sha256 } from '../package-file.ts';
import { readCalibration } from './calibration.ts';
import { describePackage, inspection } from './describe-package.ts';
import { numberList, soundDescription } from './option-values.ts';
import { addPlanOptions, planOptions } from './plan-options.ts';
import type { PlanFlags } from './plan-options.ts';
import { openProgress } from './progress.ts';
import { readLabels } from './read-labels.ts';
import { replaceFile } from './replace-file.ts';
import { printable, printResult } from './terminal.ts';
import type { Terminal } from './terminal.ts';

interface ExportFlags extends PlanFlags {
  readonly json?: boolean;
  readonly output?: string;
  readonly calibration: string;
  readonly labels?: string;
  readonly mean?: readonly number[];
  readonly std?: readonly number[];
  readonly logMel?: SoundDescription;
}

export function addExport(program: Command, terminal: Terminal): void {
  const command = program
    .command('export')
    .description('Make a package from an ONNX model, for devices to predict with and learn from.')
    .argument('<model>', 'an .onnx file, float32 or int8')
    .option('-o, --output <file>', 'the package (default: named as the model)')
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
      'divides each channel of a sample; 255 for images and a model of 0 to 1',
      numberList,
    )
    .option(
      '--log-mel <list>',
      'sounds become log-mel features: sample rate, frame, hop, lowest and highest hertz, decibels',
      soundDescription,
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

async function exportModel(path: string, flags: ExportFlags, terminal: Terminal): Promise<void> {
  const { bytes, content, report } = await makePackage(path, flags, terminal);
  const output = flags.output ?? `${basename(path, extname(path))}.onward`;
  await replaceFile(output, bytes);
  const notes = [...report.notes, ...hintOf(content, report)];
  if (flags.json !== true) {
    for (const note of notes) terminal.stderr.write(`note: ${printable(note)}\n`);
  }
  const { planMemory } = await import('#exporters');
  const details = inspection(content, planMemory(content));
  printResult(terminal, flags, {
    object: exportResult({ ...report, notes }),
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
  const calibration = await readCalibration(flags.calibration, model, labels, flags.logMel ?? null);
  using progress = openProgress(terminal);
  return await make(onnx, {
    ...planOptions(flags),
    mean: perChannel(flags.mean ?? [0], channels, '--mean'),
    deviation: perChannel(flags.std ?? [1], channels, '--std'),
    ...calibration,
    ...(flags.logMel && { sound: flags.logMel }),
    source: basename(path),
    sha256,
    onProgress: (stage, done, total) => progress.show(stage, done, total),
  });
}

/** What a labelled calibration could have given the package besides. */
function hintOf({ examples }: PackageContent, { floatAccuracy }: ExportReport): string[] {
  if (examples.labels.length > 0 || floatAccuracy === null) return [];
  return [
    'the package brings no old examples along, so lessons rehearse none and forget more; --examples 60 takes them from the calibration',
  ];
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

/** What `export --json` prints; accuracies from 0 to 1, absent without labelled calibration samples. */
function exportResult({
  layers,
  trainableParameters,
  learningRate,
  packageBytes,
  ...report
}: ExportReport): object {
  const { floatAccuracy, int8Accuracy, alignment, notes } = report;
  return {
    layers,
    trainableParameters,
    learningRate,
    packageBytes,
    ...(floatAccuracy !== null && { floatAccuracy }),
    ...(int8Accuracy !== null && { int8Accuracy }),
    alignment,
    notes,
  };
}
