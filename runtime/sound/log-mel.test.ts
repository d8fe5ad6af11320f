import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { InputError } from '#runtime';
import { assertClose } from '#test-support';

import { logMel } from './log-mel.ts';
import type { LogMelForm } from './log-mel.ts';

const test = suite('runtime/sound/log-mel');

const form: LogMelForm = {
  sampleRate: 8000,
  frameLength: 256,
  hop: 160,
  frames: 6,
  bands: 6,
  lowest: 60,
  highest: 4000,
  decibels: 30,
};

/** As in the NumPy lines below. */
const wave = Float64Array.from(
  { length: 1000 },
  (_, i) => (((i * i * 7 + i * 31) % 4001) - 2000) / 2000,
);

// exporters/pytorch/log_mel.py with NumPy 1.26.4:
//   i = np.arange(1000)
//   form = LogMel(hop=160, frames=6, bands=6, decibels=30)
//   log_mel(((i * i * 7 + i * 31) % 4001 - 2000) / 2000, form)
const byNumPy = [
  [-10.150999, -9.283114, -6.537817, -3.627869, -2.291313, -1.814005],
  [-9.051904, -6.582356, -4.665383, -3.676785, -2.435049, -3.779456],
  [-12.835633, -10.726718, -7.352014, -5.551089, -3.207564, -0.452137],
  [-1.507472, -3.399412, -2.910275, -3.646775, -4.452183, -5.720428],
  [-9.665379, -7.861707, -8.844296, -7.224209, -3.957052, 0],
  [-7.140358, -3.4044, -3.62966, -3.565188, -4.833677, -5.764399],
];

function tone(hertz: number, length: number): Float64Array {
  return Float64Array.from({ length }, (_, i) => Math.sin((2 * Math.PI * hertz * i) / 8000));
}

test('features agree with NumPy’s', () => {
  // They were printed with six digits.
  assertClose(logMel(form)(wave), byNumPy.flat(), 1e-6);
});

test('no function is used whose bits the language leaves to the engine', () => {
  const free = [
    'log',
    'log2',
    'log10',
    'log1p',
    'exp',
    'expm1',
    'pow',
    'cos',
    'sin',
    'tan',
  ] as const;
  const expected = logMel(form)(wave);
  const kept = free.map((name) => [name, Math[name]] as const);
  try {
    for (const name of free) {
      Math[name] = () => {
        throw new Error(`Math.${name} was called`);
      };
    }
    assert.equal(logMel(form)(wave), expected);
  } finally {
    for (const [name, original] of kept) Object.assign(Math, { [name]: original });
  }
});

test('a tone is shared by the two bands around it, and the others are at the floor', () => {
  const [lowest, highest] = [60, 4000].map((hertz) => 2595 * Math.log10(1 + hertz / 700));
  const centre = (band: number): number => {
    const mel = lowest! + ((highest! - lowest!) * (band + 1)) / 7;
    return 700 * (10 ** (mel / 2595) - 1);
  };
  // 1000 Hz is a bin; Hann's two others beside it lie on the same straight sides of the triangles.
  const share = (1000 - centre(2)) / (centre(3) - centre(2));
  const expected = [-30, -30, 0, 10 * Math.log10(share / (1 - share)), -30, -30];
  const features = logMel(form)(tone(1000, 2000));
  for (let t = 0; t < 6; t++) assertClose(features.subarray(t * 6, t * 6 + 6), expected, 1e-5);
});

test('volume does not matter', () => {
  const compute = logMel(form);
  assertClose(compute(wave.map((value) => value / 64)), compute(wave), 0);
});

test('the last frame ends where the sound ends; before a shorter sound there is silence', () => {
  const compute = logMel(form);
  const whole = compute(wave);
  const longer = new Float64Array(1500);
  longer.set(wave, 500);
  assert.equal(compute(longer), whole);
  const short = compute(wave.subarray(744));
  assert.equal(
    [...short.subarray(0, 18)],
    Array.from({ length: 18 }, () => -30),
  );
  assert.ok(short.subarray(30).every((value) => value > -30));
});

test('silence is the floor everywhere', () => {
  assert.ok(logMel(form)(new Float32Array(3000)).every((value) => value === -30));
  assert.ok(logMel(form)(new Float32Array(0)).every((value) => value === -30));
});

test('forms and sounds that cannot be are refused', () => {
  const refused: [Partial<LogMelForm>, RegExp][] = [
    [{ frameLength: 200 }, /power of two.*got 200/],
    [{ hop: 0 }, /hop.*got 0/],
    [{ highest: 4001 }, /half the sample rate/],
    [{ decibels: 0 }, /decibels/],
    [{ bands: 200 }, /none in band \d+/],
  ];
  for (const [change, message] of refused) {
    assert.throws(
      () => logMel({ ...form, ...change }),
      (error: unknown) => error instanceof InputError && message.test(error.message),
    );
  }
  assert.throws(() => logMel(form)([Number.NaN, 1]), /expected finite sound.*frame 5/);
});

test.run();
