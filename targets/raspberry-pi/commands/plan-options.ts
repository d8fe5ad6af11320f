import type { Command } from 'commander';
import { Option } from 'commander';

import type { ExportOptions } from '#exporters';
import type { FeedbackSource, Recurrence, Rule } from '#runtime';

import { positiveNumber, wholeNumber } from './option-values.ts';

/** How a package learns, and what it brings for that, as far as the command line says. */
export interface PlanFlags {
  readonly weights: 'full' | 'safe';
  readonly tail?: number;
  readonly rule?: Exclude<Rule, 'exact'>;
  readonly frozen?: number;
  readonly feedback: 'calibrated' | 'random';
  readonly source?: FeedbackSource;
  readonly kernel?: number;
  readonly dilation?: number;
  readonly groups?: number;
  readonly density: number;
  readonly seed: number;
  readonly ranges: 'percentile' | 'minmax';
  readonly batch?: number;
  readonly epochs?: number;
  readonly rate?: number;
  readonly recurrence?: Recurrence['earlier'];
  readonly exactSteps?: number;
  readonly stateFeedback?: 'calibrated' | 'random' | 'none';
  readonly spareClasses?: number;
  readonly examples: number;
}

export function addPlanOptions(command: Command): Command {
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
      new Option(
        '--rule <rule>',
        'how the modules before the tail learn (default: feedback-local)',
      ).choices(['feedback-local', 'feedback-direct', 'exact-replay', 'frozen']),
    )
    .option('--frozen <n>', 'modules at the start that never learn', wholeNumber(0))
    .addOption(
      new Option('--feedback <kind>', 'fitted to the calibration, or drawn from the seed')
        .choices(['calibrated', 'random'])
        .default('calibrated'),
    )
    .addOption(
      new Option(
        '--source <source>',
        "whose error the feedback reads (default: tail); module, the module's own end, is for feedback-direct",
      ).choices(['tail', 'logits', 'module']),
    )
    .option('--kernel <n>', 'width of the feedback in positions, odd (default: 1)', wholeNumber(1))
    .option('--dilation <n>', 'gap between the positions it reads (default: 1)', wholeNumber(1))
    .option('--groups <n>', 'groups of channels it keeps apart (default: 1)', wholeNumber(1))
    .option(
      '--density <x>',
      'share of the feedback to keep, the rest is zero',
      positiveNumber(1),
      1,
    )
    .option('--seed <n>', 'of random feedback', wholeNumber(0), 1)
    .addOption(
      new Option('--ranges <how>', 'of activations: nearly all that calibration shows, or all')
        .choices(['percentile', 'minmax'])
        .default('percentile'),
    )
    .option('--batch <n>', 'samples in a learning step', wholeNumber(1))
    .option('--epochs <n>', 'passes over the samples of a lesson', wholeNumber(1))
    .option(
      '--rate <x>',
      'learning rate (default: fits the model, from the calibration)',
      positiveNumber(),
    )
    .addOption(
      new Option(
        '--recurrence <how>',
        'what the steps of a recurrent layer before the exact ones take (default: exact where that costs little memory, else gates)',
      ).choices(['exact', 'gates', 'none']),
    )
    .option(
      '--exact-steps <n>',
      'last steps of a recurrent layer that take the exact gradient (default: 8, or 16 with gates)',
      wholeNumber(1),
    )
    .addOption(
      new Option(
        '--state-feedback <kind>',
        'what is added to its gates (default: as --feedback)',
      ).choices(['calibrated', 'random', 'none']),
    )
    .option(
      '--spare-classes <n>',
      'outputs kept free for classes that devices add (default: 4)',
      wholeNumber(0),
    )
    .option(
      '--examples <n>',
      'labelled calibration samples to put into the package: devices rehearse and judge by them',
      wholeNumber(0),
      0,
    );
}

/** The same as the exporter takes it. */
export function planOptions(
  flags: PlanFlags,
): Pick<
  ExportOptions,
  'weightLimit' | 'observer' | 'plan' | 'feedback' | 'spareClasses' | 'examples'
> {
  const { tail, rule, frozen, batch, epochs, rate } = flags;
  const { source, kernel, dilation, groups } = flags;
  const { recurrence, exactSteps, stateFeedback } = flags;
  return {
    weightLimit: flags.weights === 'full' ? 127 : 64,
    ...(flags.spareClasses !== undefined && { spareClasses: flags.spareClasses }),
    examples: flags.examples,
    ...(flags.ranges === 'minmax' && { observer: { kind: 'minMax' } }),
    plan: {
      ...(tail !== undefined && { tail }),
      ...(rule !== undefined && { rule }),
      ...(frozen !== undefined && { frozen }),
      ...(batch !== undefined && { batchSize: batch }),
      ...(epochs !== undefined && { epochs }),
      ...(rate !== undefined && { learningRate: rate }),
      recurrence: {
        ...(recurrence !== undefined && { earlier: recurrence }),
        ...(exactSteps !== undefined && { exactSteps }),
      },
    },
    feedback: {
      kind: flags.feedback,
      seed: flags.seed,
      density: flags.density,
      ...(source !== undefined && { source }),
      ...(kernel !== undefined && { kernel }),
      ...(dilation !== undefined && { dilation }),
      ...(groups !== undefined && { groups }),
      ...(stateFeedback !== undefined && { state: { kind: stateFeedback } }),
    },
  };
}
