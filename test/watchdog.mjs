// A worker thread of the test runner. The runner notices a test that never settles by itself; only
// another thread can notice one that never returns.
import { writeSync } from 'node:fs';
import { workerData } from 'node:worker_threads';

/** @type {{ deadline: Float64Array, counts: Int32Array, graceMs: number }} */
const { deadline, counts, graceMs } = workerData;

setInterval(() => {
  const [end = 0] = deadline;
  if (Date.now() < end + graceMs) return;
  const [passed = 0, failed = 0] = counts;
  writeSync(1, '\nwatchdog: the last suite above blocks the thread; ending the run\n');
  writeSync(1, `${passed} passed, ${failed + 1} failed\n`);
  process.kill(process.pid, 'SIGKILL');
}, 200);
