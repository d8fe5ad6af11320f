// A camera's frame on the demo page becomes the sample that the same picture in a file becomes on a
// Raspberry Pi: the middle of it, scaled by the same filter.
import { PNG } from 'pngjs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { middleOf, scalePicture } from '../targets/browser/demo/picture.ts';
import { imageSample } from '../targets/raspberry-pi/data/image-sample.ts';
import { randomStream } from './support/random-stream.ts';

const test = suite('test/camera-picture');

/** The page rounds to whole colours. */
const rounding = 0.5 + 1e-3;

for (const [width, height, modelWidth, modelHeight] of [
  [64, 48, 8, 8],
  [48, 64, 10, 6],
  [20, 20, 32, 32],
] as const) {
  test(`${width} x ${height} for a model of ${modelWidth} x ${modelHeight}`, () => {
    const random = randomStream(width + modelWidth);
    const png = new PNG({ width, height });
    for (let i = 0; i < png.data.length; i++) {
      png.data[i] = i % 4 === 3 ? 255 : Math.floor(256 * random());
    }
    const expected = imageSample(
      PNG.sync.write(png),
      {
        shape: [modelHeight, modelWidth, 3],
        layout: 'nhwc',
        largest: 255,
        sampleRate: null,
        sound: null,
      },
      'frame.png',
    );
    const target = { width: modelWidth, height: modelHeight };
    const middle = middleOf(png, target);
    const data = new Uint8ClampedArray(middle.width * middle.height * 4);
    for (let y = 0; y < middle.height; y++) {
      const from = 4 * ((middle.top + y) * width + middle.left);
      data.set(png.data.subarray(from, from + 4 * middle.width), 4 * y * middle.width);
    }
    const frame: ImageData = { ...middle, data, colorSpace: 'srgb' };
    const pixels = scalePicture(frame, target);
    assert.is(pixels.length, expected.length);
    for (const [index, value] of expected.entries()) {
      assert.ok(
        Math.abs(pixels[index]! - value) <= rounding,
        `${index}: ${value} ${pixels[index]!}`,
      );
    }
  });
}

test.run();
