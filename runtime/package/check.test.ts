import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { FormatError } from '../errors.ts';
import { integer, named, real, record, text } from './check.ts';

const test = suite('runtime/package/check');

interface Pair {
  readonly name: string;
  readonly count: number;
}

const pair = named<Pair>({ name: text(1, 8), count: integer(0, 9) });

function expectRefusal(work: () => unknown, message: RegExp): void {
  assert.throws(
    work,
    (error: unknown) => error instanceof FormatError && message.test(error.message),
  );
}

test('an object with its names is read, in whatever order they stand', () => {
  assert.equal(pair(JSON.parse('{"count":3,"name":"a"}'), 'x'), { name: 'a', count: 3 });
});

const refused: readonly (readonly [string, string])[] = [
  ['null', 'null'],
  ['a number', '7'],
  ['an array', '["a",3]'],
  ['an object without a field', '{"name":"a"}'],
  ['an object with another field', '{"name":"a","count":3,"more":1}'],
  ['an object with a prototype for a field', '{"name":"a","__proto__":{"count":3}}'],
  ['an object with a prototype besides', '{"name":"a","count":3,"__proto__":{"count":4}}'],
];

for (const [name, json] of refused) {
  test(`${name} is refused where other fields are expected`, () => {
    expectRefusal(() => pair(JSON.parse(json), 'x'), /^x: expected an object of name, count, got /);
  });
}

test('a field is named by its path', () => {
  const nested = named<{ readonly inner: Pair }>({ inner: pair });
  const json = '{"inner":{"name":"a","count":10}}';
  expectRefusal(
    () => nested(JSON.parse(json), ''),
    /^inner\.count: expected an integer from 0 to 9/,
  );
});

test('inherited fields are no fields', () => {
  expectRefusal(() => pair(Object.create({ name: 'a', count: 3 }), 'x'), /^x: expected an object/);
});

test('a record is the array of its fields, as many as there are', () => {
  const stored = record<Pair>({ name: text(1, 8), count: integer(0, 9) });
  assert.equal(stored(['a', 3], 'x'), { name: 'a', count: 3 });
  expectRefusal(() => stored(['a'], 'x'), /^x: expected an array of 2, got an array of 1/);
  expectRefusal(() => stored(['a', 3, 4], 'x'), /^x: expected an array of 2/);
  expectRefusal(() => stored({ name: 'a', count: 3 }, 'x'), /^x: expected an array of 2/);
});

test('zero has no sign', () => {
  assert.is(Object.is(real(-1, 1)(-0, 'x'), 0), true);
  assert.is(Object.is(integer(-1, 1)(-0, 'x'), 0), true);
});

test.run();
