import type { Command } from 'commander';

import { labelRows, rowsOf } from '../data/sequence-rows.ts';
import { addDataOptions, addLearnerOptions } from './learner-options.ts';
import type { LearnerOptions } from './learner-options.ts';
import { addLessonOptions } from './lesson-options.ts';
import type { LessonFlags } from './lesson-options.ts';
import { describeLesson, measureLesson } from './measured-lesson.ts';
import { openData, requireClasses } from './open-data.ts';
import type { DataOptions } from './open-data.ts';
import { printResult } from './terminal.ts';
import type { Terminal } from './terminal.ts';

interface LearnOptions extends LearnerOptions, DataOptions, LessonFlags {
  readonly json?: boolean;
}

export function addLearn(program: Command, terminal: Terminal): void {
  const command = program
    .command('learn')
    .description('Learn from labelled samples; what was learned is kept only if it helped.')
    .argument('<package>', 'an .onward file')
    .argument('<data>', 'labelled samples: .npz, .csv or a folder with a folder per class');
  addDataOptions(addLessonOptions(addLearnerOptions(command)))
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      `
Some samples are held out, the others are learned together with some of earlier lessons, and the new
weights stand only if they do better on the held-out ones and no worse on earlier ones held back;
otherwise the old weights stand, bit for bit. With --state the lesson is on disk when the command
ends, and undo takes it back. Ctrl-C ends the lesson and keeps nothing.

Examples:
  onward learn reader.onward mine.npz --state ./state
  onward learn reader.onward ./photos --state ./state --epochs 4 --json`,
    )
    .action(async (packagePath: string, dataPath: string, flags: LearnOptions) => {
      const { openLearner } = await import('../index.ts');
      // In place: a thread of its own would only add its own memory to what is measured.
      await using learner = await openLearner(packagePath, { ...flags, lessons: 'here' });
      const data = await openData(dataPath, learner, flags);
      const { x, shape } = data.samples;
      const [steps] = learner.content.model.graph.inputShape;
      const own = rowsOf(data.samples, steps);
      const y = labelRows(requireClasses(data, dataPath), data.samples, steps);
      const object = await measureLesson(
        learner,
        {
          x,
          count: shape[0] ?? 1,
          flags,
          teach: (options) => learner.learn({ x: own, y }, options),
        },
        terminal,
      );
      printResult(terminal, flags, { object, lines: describeLesson(object, flags.state) });
    });
}
