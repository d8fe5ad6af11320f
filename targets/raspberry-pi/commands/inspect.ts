import type { Command } from 'commander';

import { decode, readBytes } from '../package-file.ts';
import { describePackage, inspection } from './describe-package.ts';
import { printResult } from './terminal.ts';
import type { Terminal } from './terminal.ts';

export function addInspect(program: Command, terminal: Terminal): void {
  program
    .command('inspect')
    .description('Show what a package holds, how it learns, and the memory it will need.')
    .argument('<package>', 'an .onward file')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      `
Peaks are predictions, over the opened model: predicting one sample, learning from one batch, and
what float32 backpropagation of the same model would need for that batch.

Example:
  onward inspect reader.onward`,
    )
    .action(async (path: string, options: { json?: boolean }) => {
      const { planMemory } = await import('#exporters');
      const bytes = await readBytes(path);
      const content = await decode(bytes);
      const object = inspection(content, planMemory(content));
      const lines = describePackage(path, bytes.length, content, object);
      printResult(terminal, options, { object, lines });
    });
}
