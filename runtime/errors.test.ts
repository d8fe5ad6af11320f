import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import {
  EngineError,
  errorOf,
  FormatError,
  InputError,
  StateError,
  UnsupportedError,
} from './errors.ts';

const test = suite('runtime/errors');

test('every error comes back from its code as its own kind', () => {
  for (const Kind of [FormatError, UnsupportedError, InputError, StateError, EngineError]) {
    const sent = new Kind('model: expected a, got b');
    const received = errorOf(sent.code, sent.message);
    assert.instance(received, Kind);
    assert.is(received.message, sent.message);
  }
});

test('an unknown code is an engine that failed', () => {
  assert.instance(errorOf('toString', 'what'), EngineError);
});

test.run();
