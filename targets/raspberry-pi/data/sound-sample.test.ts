import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { OnwardError } from '#runtime';
import { assertClose } from '#test-support';

import type { SampleForm } from './samples.ts';
import { soundSample } from './sound-sample.ts';
import { decodeWav } from './wav.ts';

const test = suite('targets/raspberry-pi/data/sound-sample');

interface WavOptions {
  readonly tag?: number;
  readonly bits: number;
  readonly channels?: number;
  readonly sampleRate?: number;
}

/** A WAV file with an odd chunk before the data, as recorders write. */
function wav(data: Buffer, { tag = 1, bits, channels = 1, sampleRate = 8000 }: WavOptions): Buffer {
  const format = Buffer.alloc(16);
  format.writeUInt16LE(tag, 0);
  format.writeUInt16LE(channels, 2);
  format.writeUInt32LE(sampleRate, 4);
  format.writeUInt16LE(bits, 14);
  const chunk = (name: string, bytes: Buffer): Buffer => {
    const head = Buffer.from(`${name}0000`, 'latin1');
    head.writeUInt32LE(bytes.length, 4);
    return Buffer.concat([head, bytes, Buffer.alloc(bytes.length % 2)]);
  };
  const body = [chunk('fmt ', format), chunk('LIST', Buffer.from('odd')), chunk('data', data)];
  return Buffer.concat([Buffer.from('RIFF0000WAVE', 'latin1'), ...body]);
}

const pcm16 = (values: readonly number[]): Buffer => Buffer.from(Int16Array.from(values).buffer);
const form = (length: number, sampleRate: number | null = null): SampleForm => ({
  shape: [1, length, 1],
  layout: 'nhwc',
  largest: 1,
  sampleRate,
});

test('each encoding gives -1 to 1', () => {
  const half = (data: Buffer, options: WavOptions): number =>
    decodeWav(wav(data, options), '').wave[1] ?? 9;
  assert.is(half(Buffer.from([128, 192]), { bits: 8 }), 0.5);
  assert.is(half(pcm16([0, -16384]), { bits: 16 }), -0.5);
  assert.is(half(Buffer.from([0, 0, 0, 0, 0, 0x40]), { bits: 24 }), 0.5);
  assert.is(half(Buffer.from(Int32Array.of(0, 2 ** 30).buffer), { bits: 32 }), 0.5);
  assert.is(half(Buffer.from(Float32Array.of(0, 0.25).buffer), { tag: 3, bits: 32 }), 0.25);
  assert.is(half(Buffer.from(Float64Array.of(0, 0.25).buffer), { tag: 3, bits: 64 }), 0.25);
});

test('channels are averaged', () => {
  const { wave, sampleRate } = decodeWav(
    wav(pcm16([16384, 0, -16384, -16384]), { bits: 16, channels: 2 }),
    '',
  );
  assert.equal(Array.from(wave), [0.25, -0.5]);
  assert.is(sampleRate, 8000);
});

test('a sound is cut or filled with zeros to the length of the input', () => {
  const bytes = wav(pcm16([8192, 16384, 24576]), { bits: 16 });
  assert.equal(Array.from(soundSample(bytes, form(2), '')), [0.25, 0.5]);
  assert.equal(Array.from(soundSample(bytes, form(5), '')), [0.25, 0.5, 0.75, 0, 0]);
});

test('a sound is resampled only where the rate differs', () => {
  // A slow wave survives halving the rate; at the highest frequency nothing is left of it.
  const time = Array.from({ length: 800 }, (_, index) => index / 8000);
  const slow = wav(pcm16(time.map((t) => Math.sin(2 * Math.PI * 50 * t) * 2 ** 14)), { bits: 16 });
  const sample = soundSample(slow, form(400, 4000), '');
  const expected = Array.from(
    { length: 400 },
    (_, index) => Math.sin((2 * Math.PI * 50 * (index + 0.25)) / 4000) / 2,
  );
  assertClose(sample.subarray(2, 398), expected.slice(2, 398), 0.01); // 0.01: the filter's loss at 50 Hz
  const fast = wav(pcm16(time.map((_, index) => (index % 2 ? -16384 : 16384))), { bits: 16 });
  assertClose(soundSample(fast, form(398, 4000), '').subarray(2, 396), new Float32Array(394), 0.01);
  assert.is(soundSample(fast, form(400, 8000), '')[1], -0.5);
});

test('what is no plain sound is refused with a cure', () => {
  const bytes = wav(pcm16([1, 2]), { bits: 16 });
  assert.throws(
    () => decodeWav(bytes.subarray(0, -2), 'a.wav'),
    /a\.wav: expected 4 bytes of 'data', got 2/,
  );
  assert.throws(() => decodeWav(Buffer.from('OggS'), 'a.wav'), /a\.wav: expected a WAV file/);
  assert.throws(
    () => decodeWav(wav(pcm16([1]), { tag: 85, bits: 16 }), 'a.wav'),
    /a\.wav: expected PCM .* format 85/,
  );
  assert.throws(() => decodeWav(wav(pcm16([1]), { bits: 16, channels: 0 }), 'a.wav'), /0 channels/);
  assert.throws(
    () => soundSample(bytes, { ...form(4), shape: [4, 4, 1] }, 'a.wav'),
    /a\.wav: expected a package that takes a waveform, got one of shape \[4, 4, 1\]/,
  );
});

test('no damaged sound does anything but be read or refused', () => {
  const whole = wav(pcm16([1, 2, 3, 4]), { bits: 16 });
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
