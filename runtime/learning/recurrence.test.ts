import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { sequenceCalls } from './recurrence.ts';
import type { Chunk, Recurrence } from './recurrence.ts';

const test = suite('runtime/learning/recurrence');

const calls = fc.record({
  exactSteps: fc.integer({ min: 1, max: 12 }),
  earlier: fc.constantFrom('exact', 'gates', 'none'),
  steps: fc.integer({ min: 1, max: 40 }),
  output: fc.constantFrom('sequence', 'last'),
} as const);

type Call = Recurrence & { readonly steps: number; readonly output: 'sequence' | 'last' };

function holds(property: (call: Call) => void): void {
  fc.assert(fc.property(calls, property), { numRuns: 500 });
}

/** Every step of the chunks, in their order, ascending within one. */
function stepsOf(chunks: readonly Chunk[]): number[] {
  return chunks.flatMap(({ from, to }) => Array.from({ length: to - from }, (_, i) => from + i));
}

function ascending(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}

test('the forward calls run every step once, in order, in chunks no longer than the exact one', () => {
  holds(({ steps, output, ...recurrence }) => {
    const { forward } = sequenceCalls(recurrence, steps, output);
    assert.equal(stepsOf(forward), ascending(0, steps));
    assert.ok(forward.every(({ from, to }) => to - from <= recurrence.exactSteps && to > from));
  });
});

test('the learning calls cover what the rule says, every step once', () => {
  holds(({ steps, output, ...recurrence }) => {
    const { learn } = sequenceCalls(recurrence, steps, output);
    const isTruncated = recurrence.earlier === 'none' && output === 'last';
    const first = isTruncated ? Math.max(0, steps - recurrence.exactSteps) : 0;
    assert.equal(
      stepsOf(learn).toSorted((a, b) => a - b),
      ascending(first, steps),
    );
    assert.is(learn[0]!.to, steps);
    assert.is(learn[0]!.call, 'exact');
  });
});

test('exact calls go back from the end, and only they use what was kept', () => {
  holds(({ steps, output, ...recurrence }) => {
    const { forward, learn } = sequenceCalls(recurrence, steps, output);
    const exact = learn.filter(({ call }) => call === 'exact');
    for (const [index, { from }] of exact.entries()) {
      const next = exact[index + 1];
      if (next !== undefined) assert.is(next.to, from);
    }
    const kept = forward.filter(({ keep }) => keep).map(({ from }) => from);
    assert.equal(
      kept.toReversed(),
      exact.map(({ from }) => from),
    );
  });
});

test('gates go on from the start to the cut, and their positions tell how far they are', () => {
  holds(({ steps, ...call }) => {
    const { learn } = sequenceCalls({ ...call, earlier: 'gates' }, steps, 'last');
    const gates = learn.filter((own) => own.call === 'gates');
    const cut = Math.max(0, steps - call.exactSteps);
    assert.equal(stepsOf(gates), ascending(0, cut));
    for (const { from, position } of gates) assert.is(position, from / cut);
    assert.is(learn.length - gates.length, 1);
  });
});

test('memory does not grow with the sequence unless all of it is exact', () => {
  const kept = (earlier: Recurrence['earlier'], steps: number): number =>
    sequenceCalls({ exactSteps: 8, earlier }, steps, 'last').forward.filter(({ keep }) => keep)
      .length;
  assert.equal(
    [64, 1024].map((steps) => kept('gates', steps)),
    [1, 1],
  );
  assert.equal(
    [64, 1024].map((steps) => kept('none', steps)),
    [1, 1],
  );
  assert.equal(
    [64, 1024].map((steps) => kept('exact', steps)),
    [8, 128],
  );
});

test('chunks carry their gradient on unless earlier steps learn nothing from later ones', () => {
  holds(({ steps, output, ...recurrence }) => {
    for (const call of sequenceCalls(recurrence, steps, output).learn) {
      if (call.call === 'exact') assert.is(call.carry, recurrence.earlier !== 'none');
    }
  });
});

test('the short chunk comes first, so that the last steps are always whole', () => {
  const { forward, learn } = sequenceCalls({ exactSteps: 4, earlier: 'exact' }, 10, 'last');
  assert.equal(forward, [
    { from: 0, to: 2, keep: true },
    { from: 2, to: 6, keep: true },
    { from: 6, to: 10, keep: true },
  ]);
  assert.equal(
    learn.map(({ from, to }) => [from, to]),
    [
      [6, 10],
      [2, 6],
      [0, 2],
    ],
  );
  const gates = sequenceCalls({ exactSteps: 4, earlier: 'gates' }, 9, 'last').learn;
  assert.equal(
    gates.map(({ call, from, to }) => [call, from, to]),
    [
      ['exact', 5, 9],
      ['gates', 0, 1],
      ['gates', 1, 5],
    ],
  );
});

test.run();
