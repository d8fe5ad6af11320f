import fc from 'fast-check';
import { Packr } from 'msgpackr/pack';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { FormatError } from '../errors.ts';
import { unpack } from './unpack.ts';

const test = suite('runtime/package/unpack');

test('msgpack beyond plain data is refused before anything is made of it', () => {
  const hostile: readonly (readonly number[])[] = [
    [0x80], // an empty map
    [0x81, 0xa9, ...Buffer.from('__proto__'), 0x01],
    [0xde, 0, 0],
    [0xc1],
    [0xd4, 0x72, 0x40, 0x91, 0xa1, 0x61, 0x01], // a record definition
    [0xc7, 0x02, 0x78, 0x92, 0xa1, 0x28], // a regular expression
    [0xd6, 0x70, 0, 0, 0, 1], // a pointer
    [0xd6, 0xff, 0, 0, 0, 0], // a date
    [0xca, 0, 0, 0, 0],
    [0xcf, 0, 0, 0, 0, 0, 0, 0, 1],
    [0xdd, 0xff, 0xff, 0xff, 0xff],
    [0xdb, 0xff, 0xff, 0xff, 0xff],
    [0xc6, 0xff, 0xff, 0xff, 0xff],
    [0x01, 0x02],
    [],
    Array.from({ length: 100_000 }, () => 0x91),
    [0xdd, 0, 0x20, 0, 0, ...Array.from({ length: 0x200000 }, () => 0x90)],
  ];
  for (const bytes of hostile) {
    assert.throws(
      () => unpack(Uint8Array.from(bytes), 'header'),
      (error: unknown) => error instanceof FormatError && error.message.startsWith('header: '),
    );
  }
});

test('strings are UTF-8, or refused', () => {
  const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 15 }), (text) => {
      const bytes = Uint8Array.from([0x92, 0xa0 + text.length, ...text, 0x07]);
      let expected: string;
      try {
        expected = strict.decode(text);
      } catch {
        assert.throws(() => unpack(bytes, 'header'), /header: expected strings of UTF-8/);
        return;
      }
      assert.equal(unpack(bytes, 'header'), [expected, 7]);
    }),
  );
});

test('plain data comes back', () => {
  const leaf = fc.oneof(
    fc.constant(null),
    fc.boolean(),
    fc.integer(),
    fc.double().filter((value) => !Object.is(value, -0)),
    fc.string({ unit: 'binary' }),
    fc.string({ unit: 'binary', minLength: 250, maxLength: 300 }),
    fc.double({ min: 2 ** 32, max: 2 ** 53, noNaN: true }).map(Math.floor),
    fc.uint8Array({ maxLength: 300 }),
  );
  const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
    tree: fc.oneof({ maxDepth: 6 }, leaf, fc.array(tie('tree'), { maxLength: 20 })),
  }));
  const packr = new Packr({ useRecords: false });
  fc.assert(
    fc.property(tree, (value) => {
      assert.equal(unpack(new Uint8Array(packr.pack(value)), 'x'), value);
    }),
  );
});

test.run();
