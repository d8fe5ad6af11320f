import type { Command } from 'commander';

import type { LessonRecord } from '#runtime';

import { openWithState } from './open-with-state.ts';
import { tableLines } from './table.ts';
import { printResult } from './terminal.ts';
import type { Terminal } from './terminal.ts';
import { showPercent } from './units.ts';

export function addHistory(program: Command, terminal: Terminal): void {
  program
    .command('history')
    .description('List the lessons of a state, oldest first.')
    .argument('<package>', 'the .onward file the state belongs to')
    .requiredOption('--state <folder>', 'where it was learned')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      `
A lesson stands if its weights are part of those in use: it was kept, and not undone since.

Example:
  onward history reader.onward --state ./state`,
    )
    .action(async (path: string, options: { state: string; json?: boolean }) => {
      await using learner = await openWithState(path, options.state);
      const lessons = learner.history();
      printResult(terminal, options, { object: { lessons }, lines: describe(lessons) });
    });
}

function describe(lessons: readonly LessonRecord[]): string[] {
  if (lessons.length === 0) return ['no lessons yet'];
  return tableLines([
    ['lesson', 'time', 'samples', 'before', 'after', 'stands', 'what'],
    ...lessons.map((lesson) => [
      lesson.id,
      new Date(lesson.time).toISOString().replace(/\.\d+/, ''),
      String(lesson.samples),
      lesson.samples > 0 ? showPercent(lesson.accuracyBefore) : '-',
      lesson.samples > 0 ? showPercent(lesson.accuracyAfter) : '-',
      lesson.stands ? 'yes' : lesson.kept ? 'no, undone' : 'no, not kept',
      lesson.cause ?? '',
    ]),
  ]);
}
