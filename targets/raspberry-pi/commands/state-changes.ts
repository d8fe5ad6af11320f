// What changes a state without samples: a class taken back, everything taken back, a file brought in.
import type { Command } from 'commander';

import type { Learner } from '#runtime';

import { readBytes } from '../package-file.ts';
import { openWithState } from './open-with-state.ts';
import { replaceFile } from './replace-file.ts';
import { printResult } from './terminal.ts';
import type { Terminal } from './terminal.ts';
import { showBytes } from './units.ts';

interface StateFlags {
  readonly state: string;
  readonly json?: boolean;
}

export function addRemoveClass(program: Command, terminal: Terminal): void {
  stateCommand(program, 'remove-class', 'Take back a class that was added; undo brings it again.')
    .argument('<label>', 'as add-class named it')
    .addHelpText('after', '\nExample:\n  onward remove-class reader.onward cross --state ./state')
    .action(async (path: string, label: string, flags: StateFlags) => {
      await using learner = await openWithState(path, flags.state);
      const stateId = await learner.removeClass(label);
      printChange(terminal, flags, { learner, stateId, line: `removed ${label}` });
    });
}

export function addReset(program: Command, terminal: Terminal): void {
  stateCommand(program, 'reset', 'Go back to the package: its weights, its classes, its examples.')
    .option(
      '--erase',
      'erase all lessons and examples for good, instead of a reset that undo takes back',
    )
    .addHelpText(
      'after',
      '\nExamples:\n  onward reset reader.onward --state ./state\n  onward reset reader.onward --state ./state --erase',
    )
    .action(async (path: string, flags: StateFlags & { readonly erase?: boolean }) => {
      await using learner = await openWithState(path, flags.state);
      await (flags.erase === true ? learner.forget() : learner.reset());
      const line = flags.erase === true ? 'erased all that was learned' : 'reset to the package';
      printChange(terminal, flags, { learner, stateId: lastId(learner), line });
    });
}

export function addSave(program: Command, terminal: Terminal): void {
  stateCommand(program, 'save', 'Write what was learned to one file, for load on another device.')
    .argument('<file>', 'what to write')
    .option('--no-examples', 'leave out the examples kept of earlier lessons')
    .addHelpText('after', '\nExample:\n  onward save reader.onward mine.learned --state ./state')
    .action(async (path: string, file: string, flags: StateFlags & { examples: boolean }) => {
      await using learner = await openWithState(path, flags.state);
      const bytes = await learner.save({ examples: flags.examples });
      await replaceFile(file, bytes);
      printResult(terminal, flags, {
        object: { bytes: bytes.length, labels: learner.labels },
        lines: [`${file}: ${showBytes(bytes.length)}, ${learner.labels.length} classes`],
      });
    });
}

export function addLoad(program: Command, terminal: Terminal): void {
  stateCommand(program, 'load', 'Take what save wrote over what was learned; undo takes it back.')
    .argument('<file>', 'written by save, on this or another device')
    .addHelpText('after', '\nExample:\n  onward load reader.onward mine.learned --state ./state')
    .action(async (path: string, file: string, flags: StateFlags) => {
      const bytes = await readBytes(file);
      const { openLearner } = await import('../index.ts');
      await using learner = await openLearner(path, { state: flags.state });
      await learner.load(bytes);
      printChange(terminal, flags, { learner, stateId: lastId(learner), line: `loaded ${file}` });
    });
}

function stateCommand(program: Command, name: string, description: string): Command {
  return program
    .command(name)
    .description(description)
    .argument('<package>', 'the .onward file the state belongs to')
    .requiredOption('--state <folder>', 'where it was learned')
    .option('--json', 'print one JSON object');
}

function printChange(
  terminal: Terminal,
  flags: StateFlags,
  change: { readonly learner: Learner; readonly stateId: string | null; readonly line: string },
): void {
  const { labels } = change.learner;
  printResult(terminal, flags, {
    object: { stateId: change.stateId, labels },
    lines: [`${change.line}; classes: ${labels.length}`],
  });
}

function lastId(learner: Learner): string | null {
  return learner.history().at(-1)?.id ?? null;
}
