// What a process holds that waits for the next sample: it opens a package with the built library, predicts once, and
// prints its resident memory before and after as JSON. argv is the package and the values of a sample. Plain
// JavaScript, since what loads TypeScript would be resident too.
import { setTimeout } from 'node:timers/promises';

const [file, sampleSize] = process.argv.slice(2);

async function residentBytes() {
  for (let round = 0; round < 5; round++) {
    globalThis.gc();
    await setTimeout(100);
  }
  return process.memoryUsage.rss();
}

const bareBytes = await residentBytes();
const { openLearner } = await import('onward/raspberry-pi');
const learner = await openLearner(file);
await learner.predict(new Float32Array(Number(sampleSize)));
const idleBytes = await residentBytes();
process.stdout.write(JSON.stringify({ bareBytes, idleBytes }));
await learner[Symbol.asyncDispose]();
