import type { Command } from 'commander';

import { InputError } from '#runtime';

import { readSamples } from '../data/read-samples.ts';
import type { Samples } from '../data/samples.ts';
import { selectSamples, selectUser } from '../data/select-samples.ts';
import { rowsOf } from '../data/sequence-rows.ts';
import { addDataOptions, addLearnerOptions } from './learner-options.ts';
import type { LearnerOptions } from './learner-options.ts';
import { addLessonOptions } from './lesson-options.ts';
import type { LessonFlags } from './lesson-options.ts';
import { describeLesson, measureLesson } from './measured-lesson.ts';
import type { DataOptions } from './open-data.ts';
import { sampleForm } from './sample-form.ts';
import { printResult } from './terminal.ts';
import type { Terminal } from './terminal.ts';

interface AddClassOptions extends LearnerOptions, DataOptions, LessonFlags {
  readonly json?: boolean;
}

export function addAddClass(program: Command, terminal: Terminal): void {
  const command = program
    .command('add-class')
    .description(
      'Add a class from a few samples of it; kept only if it gains more than others lose.',
    )
    .argument('<package>', 'an .onward file with a spare class')
    .argument('<label>', 'the name of the new class')
    .argument(
      '<data>',
      'samples: .npz, .csv, a folder or one file; of labelled ones, those of this class',
    );
  addDataOptions(addLessonOptions(addLearnerOptions(command)))
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      `
The class takes one of the spare outputs that export leaves. It is imprinted from its samples, then
learned together with old examples where there are any: those of earlier lessons in the state, and
those that export --examples put into the package. Without any it is imprinted only.

Examples:
  onward add-class reader.onward cross ./crosses --state ./state
  onward add-class reader.onward cross drawn.npz --state ./state --json`,
    )
    .action(async (path: string, label: string, data: string, flags: AddClassOptions) => {
      const { openLearner } = await import('../index.ts');
      await using learner = await openLearner(path, { ...flags, lessons: 'here' });
      const form = sampleForm(learner.content, flags.sampleRate ?? null);
      const samples = ofLabel(await readSamples(data, form), label, { flags, data });
      const { x, shape } = samples;
      const own = rowsOf(samples, form.shape[0]);
      const lesson = await measureLesson(
        learner,
        {
          x,
          count: shape[0] ?? 1,
          flags,
          teach: (options) => learner.addClass(label, own, options),
        },
        terminal,
      );
      const object = { ...lesson, labels: learner.labels };
      const lines = [...describeLesson(lesson, flags.state), `classes   ${learner.labels.length}`];
      printResult(terminal, flags, { object, lines });
    });
}

/** Those of this label, where samples have labels. */
function ofLabel(
  all: Samples,
  label: string,
  { flags, data }: { readonly flags: DataOptions; readonly data: string },
): Samples {
  const samples = flags.user === undefined ? all : selectUser(all, flags.user, data);
  if (samples.y === undefined) return samples;
  const own = selectSamples(samples, (index) => String(samples.y?.[index]) === label);
  if ((own.shape[0] ?? 0) > 0) return own;
  throw new InputError(
    `${data}: expected samples labelled ${JSON.stringify(label)}, or without labels, got none; label them so`,
  );
}
