import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import type { Window } from './operator.ts';
import { gatherTable, isPointwise, scatterTable, windowOutput } from './window.ts';

const test = suite('runtime/graph/window');

const pair = fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 }));
const pad = fc.integer({ min: 0, max: 2 });
const anyWindow: fc.Arbitrary<Window> = fc.record({
  kernel: pair,
  stride: pair,
  dilation: pair,
  pads: fc.tuple(pad, pad, pad, pad),
});

test('a 3x3 window with padding 1 keeps the size and reads its neighbours', () => {
  const window: Window = { kernel: [3, 3], stride: [1, 1], dilation: [1, 1], pads: [1, 1, 1, 1] };
  assert.equal(windowOutput([2, 2, 1], window), [2, 2]);
  assert.equal([...gatherTable([2, 2, 1], window).subarray(0, 9)], [4, 4, 4, 4, 0, 1, 4, 2, 3]);
});

test('gather and scatter are each other’s transpose', () => {
  fc.assert(
    fc.property(
      anyWindow,
      fc.integer({ min: 1, max: 7 }),
      fc.integer({ min: 1, max: 7 }),
      (window, height, width) => {
        const [outputHeight, outputWidth] = windowOutput([height, width, 1], window);
        fc.pre(outputHeight >= 1 && outputWidth >= 1);
        const offsets = window.kernel[0] * window.kernel[1];
        const outputs = outputHeight * outputWidth;
        const inputs = height * width;
        const gather = gatherTable([height, width, 1], window);
        const scatter = scatterTable([height, width, 1], window);
        for (let p = 0; p < outputs; p++) {
          for (let k = 0; k < offsets; k++) {
            const q = gather[p * offsets + k]!;
            if (q < inputs) assert.is(scatter[q * offsets + k], p);
          }
        }
        const reads = gather.filter((q) => q < inputs).length;
        assert.is(scatter.filter((p) => p < outputs).length, reads);
      },
    ),
    { seed: 7 },
  );
});

test('only a 1x1 window with stride 1 and no padding is pointwise', () => {
  const pointwise: Window = {
    kernel: [1, 1],
    stride: [1, 1],
    dilation: [1, 1],
    pads: [0, 0, 0, 0],
  };
  assert.ok(isPointwise(pointwise));
  assert.not.ok(isPointwise({ ...pointwise, stride: [2, 1] }));
  assert.not.ok(isPointwise({ ...pointwise, pads: [0, 1, 0, 0] }));
});

test.run();
