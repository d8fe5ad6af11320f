import type { Command } from 'commander';

import { openWithState } from './open-with-state.ts';
import { printResult } from './terminal.ts';
import type { Terminal } from './terminal.ts';

export function addUndo(program: Command, terminal: Terminal): void {
  program
    .command('undo')
    .description('Go back to the weights before a lesson, and forget it and those after it.')
    .argument('<package>', 'the .onward file the state belongs to')
    .argument('[lesson]', 'as history names it (default: the last that stands)')
    .requiredOption('--state <folder>', 'where it was learned')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      `
Examples:
  onward undo reader.onward --state ./state
  onward undo reader.onward lesson-3 --state ./state`,
    )
    .action(
      async (
        path: string,
        lesson: string | undefined,
        options: { state: string; json?: boolean },
      ) => {
        await using learner = await openWithState(path, options.state);
        const undone = await learner.undo(lesson);
        const { length } = learner.history().filter(({ stands }) => stands);
        printResult(terminal, options, {
          object: { undone, lessons: length },
          lines: [`undone ${undone.id}; lessons that stand: ${length}`],
        });
      },
    );
}
