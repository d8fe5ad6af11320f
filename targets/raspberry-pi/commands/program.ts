// The command line as a whole: commands, exit codes, and errors as one line on stderr.
import { createRequire } from 'node:module';

import { Command, CommanderError } from 'commander';

import { addAddClass } from './add-class.ts';
import { addBench } from './bench.ts';
import { addExport } from './export.ts';
import { addHistory } from './history.ts';
import { addInspect } from './inspect.ts';
import { addLearn } from './learn.ts';
import { addPredict } from './predict.ts';
import { addLoad, addRemoveClass, addReset, addSave } from './state-changes.ts';
import { addStream } from './stream.ts';
import { printable } from './terminal.ts';
import type { Terminal } from './terminal.ts';
import { addUndo } from './undo.ts';

/** 0: done. 1: the work failed. 2: the command line was wrong. */
export type ExitCode = 0 | 1 | 2;

/** Runs one command line, without the program's name, and says how it went. */
export async function run(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  try {
    await commandLine(terminal).parseAsync(args, { from: 'user' });
    return 0;
  } catch (error) {
    // Commander has written its own message by now, or the help that was asked for.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    terminal.stderr.write(oneLine(error instanceof Error ? error.message : String(error)));
    return 1;
  }
}

function commandLine(terminal: Terminal): Command {
  const program = new Command('onward')
    .description('Export, inspect, run and teach models that learn on the device.')
    .version(version())
    .exitOverride()
    .showHelpAfterError(false)
    .configureOutput({
      writeOut: (text) => terminal.stdout.write(text),
      writeErr: (text) => terminal.stderr.write(text),
      outputError: (text, write) => write(oneLine(text.replace(/^error: /, ''))),
    })
    .addHelpText(
      'after',
      `
Every command takes --json and then prints one JSON object. Exit codes: 0 done, 1 the work failed,
2 wrong use. Data is .npz, .csv, or a folder with a folder of images, sounds or series per class.`,
    );
  addExport(program, terminal);
  addInspect(program, terminal);
  addLearn(program, terminal);
  addPredict(program, terminal);
  addStream(program, terminal);
  addHistory(program, terminal);
  addUndo(program, terminal);
  addAddClass(program, terminal);
  addRemoveClass(program, terminal);
  addReset(program, terminal);
  addSave(program, terminal);
  addLoad(program, terminal);
  addBench(program, terminal);
  return program;
}

function oneLine(text: string): string {
  return `onward: ${printable(text.trim().replace(/\s*\n\s*/g, ' '))}\n`;
}

// The package refers to itself, so that sources and build find the same file.
function version(): string {
  const { version: text } = createRequire(import.meta.url)('onward/package.json') as {
    version: string;
  };
  return text;
}
