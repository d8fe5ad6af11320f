import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { OnwardError } from '#runtime';
import { logMel } from '#runtime/sound';
import { assertClose } from '#test-support';

import { pcm16, wavFile } from '../../../test/support/wav-file.ts';
import type { WavOptions } from '../../../test/support/wav-file.ts';
import type { SampleForm } from './samples.ts';
import { soundSample } from './sound-sample.ts';
import { decodeWav } from './wav.ts';

const test = suite('targets/raspberry-pi/data/sound-sample');

const form = (length: number, sampleRate: number | null = null): SampleForm => ({
  shape: [1, length, 1],
  layout: 'nhwc',
  largest: 1,
  sampleRate,
  sound: null,
});

test('each encoding gives -1 to 1', () => {
  const half = (data: Buffer, options: WavOptions): number =>
    decodeWav(wavFile(data, options), '').wave[1] ?? 9;
  assert.is(half(Buffer.from([128, 192]), { bits: 8 }), 0.5);
  assert.is(half(pcm16([0, -16384]), { bits: 16 }), -0.5);
  assert.is(half(Buffer.from([0, 0, 0, 0, 0, 0x40]), { bits: 24 }), 0.5);
  assert.is(half(Buffer.from(Int32Array.of(0, 2 ** 30).buffer), { bits: 32 }), 0.5);
  assert.is(half(Buffer.from(Float32Array.of(0, 0.25).buffer), { tag: 3, bits: 32 }), 0.25);
  assert.is(half(Buffer.from(Float64Array.of(0, 0.25).buffer), { tag: 3, bits: 64 }), 0.25);
});

test('channels are averaged', () => {
  const { wave, sampleRate } = decodeWav(
    wavFile(pcm16([16384, 0, -16384, -16384]), { bits: 16, channels: 2 }),
    '',
  );
  assert.equal(Array.from(wave), [0.25, -0.5]);
  assert.is(sampleRate, 8000);
});

test('a sound is cut or filled with zeros to the length of the input', () => {
  const bytes = wavFile(pcm16([8192, 16384, 24576]), { bits: 16 });
  assert.equal(Array.from(soundSample(bytes, form(2), '')), [0.25, 0.5]);
  assert.equal(Array.from(soundSample(bytes, form(5), '')), [0.25, 0.5, 0.75, 0, 0]);
});

test('a sound is resampled only where the rate differs', () => {
  // A slow wave survives halving the rate; at the highest frequency nothing is left of it.
  const time = Array.from({ length: 800 }, (_, index) => index / 8000);
  const slow = wavFile(pcm16(time.map((t) => Math.sin(2 * Math.PI * 50 * t) * 2 ** 14)), {
    bits: 16,
  });
  const sample = soundSample(slow, form(400, 4000), '');
  const expected = Array.from(
    { length: 400 },
    (_, index) => Math.sin((2 * Math.PI * 50 * (index + 0.25)) / 4000) / 2,
  );
  assertClose(sample.subarray(2, 398), expected.slice(2, 398), 0.01); // 0.01: the filter's loss at 50 Hz
  const fast = wavFile(pcm16(time.map((_, index) => (index % 2 ? -16384 : 16384))), { bits: 16 });
  assertClose(soundSample(fast, form(398, 4000), '').subarray(2, 396), new Float32Array(394), 0.01);
  assert.is(soundSample(fast, form(400, 8000), '')[1], -0.5);
});

test('features of a sound are in the package’s order, whatever the rate of the file', () => {
  const sound = {
    sampleRate: 8000,
    frameLength: 256,
    hop: 128,
    lowest: 60,
    highest: 4000,
    decibels: 60,
  };
  const wave = Array.from({ length: 3000 }, (_, t) => Math.round(8000 * Math.sin((t * t) / 4000)));
  const bytes = wavFile(pcm16(wave), { bits: 16 });
  const features = { ...form(1), sound };
  const expected = logMel({ ...sound, frames: 20, bands: 12 })(wave);
  assert.equal(soundSample(bytes, { ...features, shape: [20, 1, 12] }, ''), expected);
  assert.equal(soundSample(bytes, { ...features, shape: [20, 12, 1] }, ''), expected);
  const planes = soundSample(bytes, { ...features, shape: [20, 1, 12], layout: 'nchw' }, '');
  assert.equal(
    Array.from(planes.subarray(0, 20)),
    Array.from(planes.subarray(0, 20), (_, t) => expected[t * 12]!),
  );
  // The same sound at twice the rate: where it is strong, its features are the same.
  const twice = wave.flatMap((value, t) => [value, (value + (wave[t + 1] ?? 0)) / 2]);
  const fast = wavFile(pcm16(twice), { bits: 16, sampleRate: 16_000 });
  const close = soundSample(fast, { ...features, shape: [20, 1, 12] }, '');
  const strong = [...expected.keys()].filter((index) => index % 12 < 4 && expected[index]! > -10);
  assert.ok(strong.length > 10);
  assertClose(
    strong.map((index) => close[index]!),
    strong.map((index) => expected[index]!),
    1,
  ); // 1: the filter's loss
  assert.throws(
    () => soundSample(bytes, { ...features, shape: [20, 4, 3] }, 'a.wav'),
    /expected an input of shape .*got \[20, 4, 3\]/,
  );
});

test('what is no plain sound is refused with a cure', () => {
  const bytes = wavFile(pcm16([1, 2]), { bits: 16 });
  assert.throws(
    () => decodeWav(bytes.subarray(0, -2), 'a.wav'),
    /a\.wav: expected 4 bytes of 'data', got 2/,
  );
  assert.throws(() => decodeWav(Buffer.from('OggS'), 'a.wav'), /a\.wav: expected a WAV file/);
  assert.throws(
    () => decodeWav(wavFile(pcm16([1]), { tag: 85, bits: 16 }), 'a.wav'),
    /a\.wav: expected PCM .* format 85/,
  );
  assert.throws(
    () => decodeWav(wavFile(pcm16([1]), { bits: 16, channels: 0 }), 'a.wav'),
    /0 channels/,
  );
  assert.throws(
    () => soundSample(bytes, { ...form(4), shape: [4, 4, 1] }, 'a.wav'),
    /a\.wav: expected a package that takes a waveform, got one of shape \[4, 4, 1\]/,
  );
});

test('no damaged sound does anything but be read or refused', () => {
  const whole = wavFile(pcm16([1, 2, 3, 4]), { bits: 16 });
  const edit = fc.tuple(fc.nat(whole.length - 1), fc.integer({ min: 0, max: 255 }));
  fc.assert(
    fc.property(fc.array(edit, { maxLength: 4 }), fc.nat(whole.length), (edits, cut) => {
      const bytes = Buffer.from(whole);
      for (const [at, value] of edits) bytes[at] = value;
      try {
        soundSample(cut % 3 === 0 ? bytes.subarray(0, cut) : bytes, form(8, 4000), '');
      } catch (error) {
        assert.instance(error, OnwardError);
      }
    }),
    { numRuns: 500, seed: 20261123 },
  );
});

test.run();
