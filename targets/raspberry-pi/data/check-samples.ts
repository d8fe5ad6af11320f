import { InputError } from '#runtime';

import { storedShape } from './samples.ts';
import type { SampleForm, Samples } from './samples.ts';

/**
 * Throws InputError, naming the file, for samples of another shape than the package's and for values
 * that are not finite. Axes of length 1 do not count, and a sample may be flat.
 */
export function checkSamples(path: string, samples: Samples, form: SampleForm): void {
  const { x, shape, lengths } = samples;
  const [count = 0, ...got] = shape;
  const expected = storedShape(form);
  const size = expected.reduce((product, dimension) => product * dimension, 1);
  const isFlat = got.length === 1 && got[0] === size;
  if (!isFlat && squeeze(got) !== squeeze(expected)) {
    throw new InputError(
      `${path}: expected samples of shape [${expected.join(', ')}] (${form.layout}), got [${got.join(', ')}]; ${cureOf(got, form)}`,
    );
  }
  const [steps, , channels] = form.shape;
  const long = lengths?.findIndex((length) => length > steps) ?? -1;
  if (long >= 0 || (lengths && form.layout === 'nchw' && channels > 1)) {
    throw new InputError(
      `${path}: lengths: expected at most ${steps} steps, of a package with the steps first (nhwc), got ${lengths?.[Math.max(0, long)]} (${form.layout}); leave lengths out, or give samples as the model was trained on`,
    );
  }
  const wrong = x.findIndex((value) => !Number.isFinite(value));
  if (wrong >= 0) {
    throw new InputError(
      `${path}: expected finite numbers, got ${x[wrong]} in sample ${Math.floor(wrong / size)} of ${count}; remove or mend it`,
    );
  }
}

function cureOf(got: readonly number[], form: SampleForm): string {
  const { layout } = form;
  const other = storedShape({ ...form, layout: layout === 'nhwc' ? 'nchw' : 'nhwc' });
  if (squeeze(got) !== squeeze(other)) return 'give samples as the model was trained on';
  return layout === 'nhwc'
    ? 'move the channels last: x.transpose(0, 2, 3, 1)'
    : 'move the channels first: x.transpose(0, 3, 1, 2)';
}

function squeeze(shape: readonly number[]): string {
  return shape.filter((dimension) => dimension !== 1).join(' ');
}
