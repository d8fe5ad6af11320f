import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import type { Graph, Node } from '#runtime';

import { partition } from './partition.ts';
import { affordableGrowth, plannedTail } from './tail-parts.ts';
import type { PlannedTail } from './tail-parts.ts';

const test = suite('exporters/tail-parts');

/** Six convolutions one after another, all in the tail but the first `before`. */
function planned(
  { stride, pixels, channels }: Readonly<Record<'stride' | 'pixels' | 'channels', number>>,
  before = 0,
): PlannedTail {
  const graph: Graph = {
    inputShape: [pixels, pixels, channels],
    nodes: Array.from({ length: 6 }, (_, index): Node => ({
      name: `c${index}`,
      operator: 'conv',
      attributes: {
        window: { kernel: [3, 3], stride: [stride, stride], dilation: [1, 1], pads: [1, 1, 1, 1] },
        outputChannels: channels,
        groups: 1,
        clamp: { minimum: 0, maximum: Infinity },
      },
      inputs: [index],
    })),
  };
  const modules = partition(graph);
  const rules = modules.map((_module, index) =>
    index < before ? ('feedback-local' as const) : ('exact' as const),
  );
  return plannedTail(graph, modules, { rules, batchSize: 4, recurrence: null });
}

/** Each layer has a quarter of the values of the one before. */
const narrowing = { stride: 2, pixels: 64, channels: 8 };

/** Equal layers, whose int32 sums take more than their values. */
const heavy = { stride: 1, pixels: 4, channels: 64 };

test('a tail is one part where that needs at most a fifth more', () => {
  const { parts, needed } = planned(narrowing);
  assert.equal(
    parts.map(({ from, to }) => [from, to]),
    [[0, 6]],
  );
  assert.ok(parts[0]!.bytes <= affordableGrowth * needed);
});

test('else no part needs more than the largest module does', () => {
  const { parts, needed } = planned(heavy);
  assert.ok(parts.length > 1);
  assert.is(parts[0]!.from, 0);
  assert.is(parts.at(-1)!.to, 6);
  for (const [index, { to, bytes }] of parts.entries()) {
    assert.ok(bytes <= needed);
    if (index > 0) assert.ok(parts[index - 1]!.to < to);
  }
});

test('modules before the tail that need more make room for a tail in one part', () => {
  const { before, parts, needed } = planned(narrowing, 1);
  assert.is(before.length, 1);
  assert.is(needed, before[0]);
  assert.is(parts.length, 1);
});

test.run();
