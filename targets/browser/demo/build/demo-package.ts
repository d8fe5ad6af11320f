// The package and the digits that the page brings along, made from the demo's model and the bench's
// new-user task.
import { createHash } from 'node:crypto';

import { exportPackage, planMemory } from '#exporters';

import { calibrationSet, digitUser } from '../../../../bench/tasks/digit-users.ts';
import type { LabelledImages } from '../../../../bench/tasks/digit-users.ts';
import { encodeExamples } from '../example-record.ts';
import type { Example } from '../example-record.ts';

/** The page learns the first of them and is tested on the others. */
const person = { user: 4, shift: 'hard', samples: 64, testSamples: 100 } as const;
/** Digits that the package brings along, so that lessons rehearse them and are judged by them. */
const rehearsed = 60;
const labels = Array.from({ length: 10 }, (_, digit) => String(digit));

/** What the page fetches besides itself, by file name. */
export async function demoData(onnx: Uint8Array): Promise<Map<string, Uint8Array>> {
  const { bytes, content } = await exportPackage(onnx, {
    calibration: calibrationSet({ samples: 300 }),
    labels,
    examples: rehearsed,
    source: 'digits.onnx',
    sha256: async (data) => createHash('sha256').update(data).digest(),
  });
  const { peakLearnBytes, backpropBytes } = planMemory(content);
  const { train, test } = digitUser(person);
  const samples = calibrationSet({ samples: 40, seed: 3, augmented: false });
  return new Map([
    ['digits.onward', bytes],
    ['memory.json', Buffer.from(JSON.stringify({ peakLearnBytes, backpropBytes }))],
    [
      'person-digits.bin',
      encodeExamples([...digitsOf(train, 'person'), ...digitsOf(test, 'person')]),
    ],
    ['sample-digits.bin', encodeExamples(digitsOf(samples, 'own'))],
  ]);
}

function digitsOf({ x, y }: LabelledImages, origin: Example['origin']): Example[] {
  const pixelCount = x.length / y.length;
  return Array.from(y, (label, index) => {
    const pixels = x.subarray(index * pixelCount, (index + 1) * pixelCount);
    const inked = Uint8Array.from(pixels, (ink) => Math.round(255 * ink));
    return { label: String(label), origin, pixels: inked };
  });
}
