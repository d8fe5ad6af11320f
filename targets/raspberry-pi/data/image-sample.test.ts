import { readFileSync } from 'node:fs';
import { crc32, deflateSync } from 'node:zlib';

import fc from 'fast-check';
import { PNG } from 'pngjs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { OnwardError } from '#runtime';
import { assertClose } from '#test-support';

import { imageSample } from './image-sample.ts';
import { decodeImage } from './image.ts';
import type { SampleForm } from './samples.ts';

// Made by Pillow: fixtures/make_fixtures.py, which also printed the expected values.
const read = (name: string): Buffer => readFileSync(new URL(`fixtures/${name}`, import.meta.url));
const form = (shape: SampleForm['shape'], layout: SampleForm['layout'] = 'nhwc'): SampleForm => ({
  shape,
  layout,
  largest: 255,
  sampleRate: null,
  sound: null,
});

// Pillow rounds to whole numbers after each of its two passes.
const pillowRounding = 1;
// Pillow rounds the colours before it mixes them.
const greyRounding = 1.5;

const small = [
  54, 23, 236, 92, 23, 255, 136, 23, 255, 174, 23, 255, 54, 80, 83, 92, 80, 223, 136, 80, 255, 174,
  80, 255, 54, 144, 1, 92, 144, 70, 136, 144, 224, 174, 144, 255, 54, 201, 0, 92, 201, 1, 136, 201,
  83, 174, 201, 236,
];
const largeRow5 = [
  38, 102, 0, 50, 102, 0, 64, 102, 36, 78, 102, 116, 93, 102, 235, 107, 102, 255, 121, 102, 255,
  135, 102, 255, 150, 102, 255, 164, 102, 255, 178, 102, 255, 190, 102, 255,
];
const grey = [57, 70, 83, 95, 73, 100, 117, 128, 101, 120, 151, 166, 134, 146, 168, 197];

const test = suite('targets/raspberry-pi/data/image-sample');

test('the middle of a picture is scaled down and up as Pillow does', () => {
  assertClose(imageSample(read('rgb.png'), form([4, 4, 3]), 'rgb.png'), small, pillowRounding);
  const large = imageSample(read('rgb.png'), form([12, 12, 3]), 'rgb.png');
  assertClose(large.subarray(5 * 36, 6 * 36), largeRow5, pillowRounding);
});

test('a model with one channel gets the luminance', () => {
  assertClose(imageSample(read('rgb.png'), form([4, 4, 1]), 'rgb.png'), grey, greyRounding);
  assertClose(imageSample(read('grey.png'), form([4, 4, 1]), 'grey.png'), grey, greyRounding);
});

test('a package with channels first gets planes', () => {
  const planes = imageSample(read('rgb.png'), form([4, 4, 3], 'nchw'), 'rgb.png');
  const expected = [0, 1, 2].flatMap((channel) =>
    small.filter((_, index) => index % 3 === channel),
  );
  assertClose(planes, expected, pillowRounding);
});

test('palettes, single bits and 16 bits are read as 8-bit colours', () => {
  const at = (name: string, pixel: number): number =>
    decodeImage(read(name), name).data[4 * pixel] ?? -1;
  assert.equal(decodeImage(read('palette.png'), '').data.length, 13 * 9 * 4);
  assert.equal([at('bits.png', 0), at('bits.png', 12)], [0, 255]);
  assert.ok(Math.abs(at('deep.png', 11) - (11 * 5000 * 255) / 65535) <= 1);
});

test('a photograph is turned as its camera was held', () => {
  const upright = decodeImage(read('upright.jpg'), '');
  const turned = decodeImage(read('sideways.jpg'), '');
  assert.equal([turned.width, turned.height], [24, 40]);
  // Orientation 6: the sensor's left column, from the bottom up, is the first row of the picture.
  for (const [x, y] of [
    [0, 0],
    [23, 0],
    [0, 39],
    [7, 30],
  ] as const) {
    const [t, u] = [4 * (y * 24 + x), 4 * ((23 - x) * 40 + y)];
    assert.equal([...turned.data.subarray(t, t + 3)], [...upright.data.subarray(u, u + 3)]);
  }
  // Pillow's decoder gives [19, 11, 122] here; chroma is interpolated differently.
  assertClose(upright.data.subarray(4 * 125, 4 * 125 + 3), [19, 11, 122], 40);
});

test('a package that does not take images says so', () => {
  const expectRefusal = (wrong: SampleForm, message: RegExp): void => {
    assert.throws(() => imageSample(read('rgb.png'), wrong, 'rgb.png'), message);
  };
  expectRefusal(form([4, 4, 2]), /rgb\.png: expected a package that takes grey or RGB.*2 channels/);
  expectRefusal(
    { ...form([4, 4, 3]), largest: 1 },
    /values 0 to 255, got one up to 1\.00; export with/,
  );
});

test('huge, interlaced and foreign images are refused by name', () => {
  const header = (offset: number, value: number): Buffer => {
    const bytes = read('rgb.png');
    bytes.writeUInt8(value, offset);
    return bytes;
  };
  assert.throws(
    () => decodeImage(header(16, 127), 'a.png'),
    /a\.png: expected at most 50000000 pixels/,
  );
  assert.throws(
    () => decodeImage(header(28, 1), 'a.png'),
    /a\.png: expected a PNG without interlacing/,
  );
  assert.throws(
    () => decodeImage(Buffer.from('GIF89a'), 'a.png'),
    /a\.png: expected a PNG or JPEG/,
  );
  assert.throws(() => decodeImage(Buffer.alloc(0), 'a.png'), /a\.png: expected a PNG or JPEG/);
  assert.throws(
    () => decodeImage(read('rgb.png').subarray(0, 90), 'a.png'),
    /a\.png: expected a whole image/,
  );
});

test('a PNG unpacks to no more than its header says', () => {
  const bytes = PNG.sync.write(new PNG({ width: 4, height: 4 }));
  const at = bytes.indexOf('IDAT', 0, 'latin1');
  const data = Buffer.concat([Buffer.from('IDAT'), deflateSync(Buffer.alloc(200_000_000))]);
  const [length, crc] = [data.length - 4, crc32(data)].map((value) => {
    const word = Buffer.alloc(4);
    word.writeUInt32BE(value);
    return word;
  });
  const end = bytes.subarray(bytes.indexOf('IEND', 0, 'latin1') - 4);
  const bomb = Buffer.concat([bytes.subarray(0, at - 4), length!, data, crc!, end]);
  const before = process.memoryUsage().arrayBuffers;
  assert.throws(() => decodeImage(bomb, 'a.png'), /a\.png: expected a whole image/);
  assert.ok(process.memoryUsage().arrayBuffers - before < 20_000_000);
});

test('no damaged image does anything but be read or refused', () => {
  const edit = fc.tuple(fc.nat(1100), fc.integer({ min: 0, max: 255 }));
  const names = ['rgb.png', 'palette.png', 'bits.png', 'upright.jpg', 'sideways.jpg'];
  fc.assert(
    fc.property(fc.constantFrom(...names), fc.array(edit, { maxLength: 4 }), (name, edits) => {
      const bytes = read(name);
      for (const [at, value] of edits) bytes[at % bytes.length] = value;
      try {
        imageSample(bytes, form([4, 4, 3]), name);
      } catch (error) {
        assert.instance(error, OnwardError);
      }
    }),
    { numRuns: 300, seed: 20261123 },
  );
});

test.run();
