// Started by step-peak.test.ts: steps that allocate a mebibyte each, and one in the middle that allocates four more,
// as V8 does when it compiles. Prints what peakOfSteps makes of them.
import { peakOfSteps } from './personalize.ts';

const mebibyte = 2 ** 20;
const kept: Uint8Array[] = [];
let steps = 0;

const peakBytes = await peakOfSteps(
  {
    classes: 1,
    sampleSize: 1,
    prepare: (x) => x,
    async learn() {
      steps++;
      kept.push(new Uint8Array(mebibyte).fill(1));
      if (steps === 4) kept.push(new Uint8Array(4 * mebibyte).fill(1));
      kept.length = 0;
    },
    predict: async (x) => x,
    [Symbol.asyncDispose]: async () => {},
  },
  { x: new Float32Array(1), y: new Uint8Array(1) },
  1,
);
process.stdout.write(JSON.stringify({ steps, peakBytes }));
