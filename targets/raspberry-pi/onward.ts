#!/usr/bin/env -S GLIBC_TUNABLES=glibc.malloc.tcache_count=0 node
// The `onward` command.
import { run } from './commands/program.ts';

// A reader that has seen enough, such as `onward predict ... | head`, is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

process.exitCode = await run(process.argv.slice(2), process);
