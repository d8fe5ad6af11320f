import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { ProgramTape } from './program-tape.ts';

const test = suite('exporters/float-memory/program-tape');

/** What nodes themselves take is a few kilobytes. */
const mebibyte = 2 ** 20;
const mebibytes = (tape: ProgramTape): number => Math.floor(tape.peakBytes() / mebibyte);

test('a value is freed behind the last node that reads it', () => {
  const tape = new ProgramTape();
  let value = tape.add(mebibyte);
  for (let node = 0; node < 5; node++) value = tape.add(mebibyte, [value]);
  assert.is(mebibytes(tape), 2);
});

test('a value that is read again is held until then', () => {
  const tape = new ProgramTape();
  const values = [tape.add(mebibyte)];
  for (let node = 0; node < 4; node++) values.push(tape.add(mebibyte, [values.at(-1)!]));
  tape.add(0, values);
  assert.is(mebibytes(tape), 5);
});

test('a view holds the memory that it looks at, and takes none', () => {
  const tape = new ProgramTape();
  const view = tape.view(tape.view(tape.add(mebibyte)));
  tape.add(mebibyte, [tape.add(mebibyte, [view]), view]);
  assert.is(mebibytes(tape), 3);
});

test('of a node’s inputs, what was added last runs first', () => {
  const peakOf = (isSmallFirst: boolean): number => {
    const tape = new ProgramTape();
    const small = (): number => tape.add(mebibyte, [tape.add(8 * mebibyte)]);
    const large = (): number => tape.add(5 * mebibyte);
    const makers = isSmallFirst ? [small, large] : [large, small];
    tape.add(
      0,
      makers.map((make) => make()),
    );
    return mebibytes(tape);
  };
  // The large one waits for what the small one is made of, or comes after it.
  assert.is(peakOf(true), 5 + 8 + 1);
  assert.is(peakOf(false), 8 + 1);
});

test('scratch is needed while its node runs only', () => {
  const tape = new ProgramTape();
  const value = tape.add(mebibyte, [], 3 * mebibyte);
  tape.add(mebibyte, [value]);
  assert.is(mebibytes(tape), 4);
});

test.run();
