import { suite } from 'uvu';

import { assertClose, randomStream } from '#test-support';

import { powerSpectrum } from './power-spectrum.ts';

const test = suite('runtime/sound/power-spectrum');

test('the power is that of the transform as it is defined', () => {
  for (const length of [4, 16, 256]) {
    const random = randomStream(length);
    const frame = Float64Array.from({ length }, () => 2 * random() - 1);
    const defined = Array.from({ length: length / 2 + 1 }, (_, bin) => {
      let [re, im] = [0, 0];
      frame.forEach((value, index) => {
        re += value * Math.cos((2 * Math.PI * bin * index) / length);
        im -= value * Math.sin((2 * Math.PI * bin * index) / length);
      });
      return re * re + im * im;
    });
    assertClose(powerSpectrum(length)(frame), defined, 1e-11 * length);
  }
});

test.run();
