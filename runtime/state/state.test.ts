import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { fullStorage } from '../../test/support/failing-storage.ts';
import { FormatError, StateError } from '../errors.ts';
import type { LayerParameters } from '../graph/model.ts';
import type { SplitExamples } from '../learning/examples.ts';
import { crc32 } from './crc32.ts';
import { memoryStorage } from './memory-storage.ts';
import { openState } from './state.ts';
import type { State, StateOptions } from './state.ts';
import type { Storage } from './storage.ts';

const test = suite('runtime/state');

const packageId = new Uint8Array(32).fill(7);
const outcome = { samples: 10, holdout: 2, steps: 4, accuracyBefore: 0.5, accuracyAfter: 0.75 };

/** Two layers, of which `value` is all there is to tell; 0 is the package's. */
function weights(value: number): Map<number, LayerParameters> {
  const layer = (size: number): LayerParameters => ({
    weights: Int8Array.from({ length: size }, (_, i) => i + value),
    bias: Int32Array.from({ length: 2 }, (_, i) => i - 1000 * value),
    weightScales: Float32Array.of(1, 2),
  });
  return new Map([
    [0, layer(6)],
    [3, layer(4)],
  ]);
}

interface Opened {
  readonly state: State;
  readonly parameters: Map<number, LayerParameters>;
}

async function open(storage: Storage, options: Partial<StateOptions> = {}): Promise<Opened> {
  const parameters = weights(0);
  let time = 1000;
  const now = (): number => time++;
  return {
    state: await openState(storage, { packageId, parameters, now, ...options }),
    parameters,
  };
}

/** Opens, looks and closes. */
async function look(storage: Storage): Promise<Opened> {
  const opened = await open(storage);
  await opened.state[Symbol.asyncDispose]();
  return opened;
}

async function expectStateError(work: Promise<unknown>, message: RegExp): Promise<void> {
  try {
    await work;
  } catch (error) {
    assert.instance(error, StateError);
    assert.match((error as Error).message, message);
    return;
  }
  assert.unreachable('nothing was thrown');
}

/** A storage in which lessons 1 to `count` were kept, with the weights of their numbers. */
async function taught(count: number, options: Partial<StateOptions> = {}): Promise<Storage> {
  const storage = memoryStorage();
  const { state } = await open(storage, options);
  for (let number = 1; number <= count; number++) await state.commit(outcome, weights(number));
  await state[Symbol.asyncDispose]();
  return storage;
}

test('a new state has the package’s weights and writes nothing', async () => {
  const storage = memoryStorage();
  const { state, parameters } = await look(storage);
  assert.equal(parameters, weights(0));
  assert.equal(await storage.list(), []);
  assert.equal(state.history(), []);
  assert.equal(state.lost, []);
  assert.is(state.steps, 0);
});

test('kept weights are there at the next opening, with seed, steps and history', async () => {
  const storage = await taught(2, { seed: 99 });
  const { state, parameters } = await look(storage);
  assert.equal(parameters, weights(2));
  assert.is(state.seed, 99);
  assert.is(state.steps, 8);
  assert.equal(state.lost, []);
  assert.equal(state.history()[1], {
    id: 'lesson-2',
    time: 1001,
    ...outcome,
    kept: true,
    cause: null,
    stands: true,
  });
});

test('a lesson that was not kept is noted, and changes nothing else', async () => {
  const storage = await taught(1);
  const { state } = await open(storage);
  assert.is(await state.commit({ ...outcome, cause: 'fell\nto 30 %' }, null), 'lesson-2');
  await state[Symbol.asyncDispose]();
  const again = await look(storage);
  assert.equal(again.parameters, weights(1));
  assert.is(again.state.steps, 8);
  const { kept, stands, cause } = again.state.history()[1]!;
  assert.equal([kept, stands, cause], [false, false, 'fell to 30 %']);
});

test('the weights given at opening are overwritten, those given to a commit are copied', async () => {
  const storage = memoryStorage();
  const { state } = await open(storage);
  const learned = weights(5);
  const committing = state.commit(outcome, learned);
  learned.get(0)!.weights.fill(0);
  await committing;
  await state[Symbol.asyncDispose]();
  assert.equal((await look(storage)).parameters, weights(5));
});

test('only layers that differ from the package are stored', async () => {
  const storage = memoryStorage();
  const { state } = await open(storage);
  await state.commit(outcome, new Map([...weights(0), [3, weights(5).get(3)!]]));
  await state.commit(outcome, weights(5));
  await state[Symbol.asyncDispose]();
  const lengths = [await storage.read('weights-1'), await storage.read('weights-2')];
  assert.ok(lengths[0]!.length < lengths[1]!.length);
});

test('undo goes back lesson by lesson, down to the package, and stays undone', async () => {
  const storage = await taught(3);
  const { state } = await open(storage);
  for (const number of [3, 2, 1]) {
    const { record, parameters } = await state.undo();
    assert.is(record.id, `lesson-${number}`);
    assert.equal(parameters, weights(number - 1));
  }
  await expectStateError(state.undo(), /^undo: expected a lesson that stands, got none/);
  await state[Symbol.asyncDispose]();
  const again = await look(storage);
  assert.equal(again.parameters, weights(0));
  assert.is(again.state.steps, 12);
});

test('undo of an earlier lesson undoes those after it, and numbers are not used again', async () => {
  const storage = await taught(3);
  const { state } = await open(storage);
  assert.equal((await state.undo('lesson-2')).parameters, weights(1));
  await expectStateError(state.undo('lesson-3'), /got lesson-3; history lists them/);
  assert.is(await state.commit(outcome, weights(9)), 'lesson-4');
  await state[Symbol.asyncDispose]();
  const again = await look(storage);
  assert.equal(again.parameters, weights(9));
  const standing = again.state.history().map(({ stands }) => stands);
  assert.equal(standing, [true, false, false, true]);
  const { state: last } = await open(storage);
  assert.equal((await last.undo()).parameters, weights(1));
});

test('the weights of the last lessons are kept, eight by default', async () => {
  const storage = await taught(12);
  const snapshots = (await storage.list()).filter((name) => name.startsWith('weights-'));
  assert.is(snapshots.length, 8);
  const { state } = await open(storage);
  for (let number = 12; number > 5; number--) await state.undo();
  await expectStateError(state.undo(), /expected the weights after lesson-4, got none; those of/);
  assert.is(state.history().findLast(({ stands }) => stands)?.id, 'lesson-5');
  await state[Symbol.asyncDispose]();
  assert.is((await (await taught(3, { snapshots: 1 })).list()).length, 2);
});

test('new classes belong to the weights that know them', async () => {
  const storage = memoryStorage();
  const { state } = await open(storage);
  await state.commit(outcome, weights(1), { labels: ['snap'] });
  await state.commit(outcome, weights(2));
  await state.commit(outcome, weights(3), { labels: ['snap', 'clap'] });
  assert.equal(state.labels, ['snap', 'clap']);
  await state.undo();
  await state[Symbol.asyncDispose]();
  const again = await open(storage);
  assert.equal(again.state.labels, ['snap']);
  await again.state.undo('lesson-1');
  assert.equal(again.state.labels, []);
});

test('examples belong to the weights they taught, and are there at the next opening', async () => {
  const storage = memoryStorage();
  const examplesOf = (byte: number): SplitExamples => ({
    samples: Uint8Array.of(byte, byte, 1, 2),
    labels: [0, 1],
    held: [1, 0],
  });
  const own = examplesOf(9);
  const { state } = await open(storage, { examples: own });
  assert.equal(state.examples, own);
  await state.commit(outcome, weights(1), { examples: examplesOf(1) });
  await state.commit(outcome, null, { examples: examplesOf(2) });
  await state.commit(outcome, weights(3), { examples: examplesOf(3) });
  await state.undo();
  await state[Symbol.asyncDispose]();
  const again = await open(storage, { examples: own });
  assert.equal(again.state.examples, examplesOf(1));
  await again.state.undo();
  assert.equal(again.state.examples, own);
});

test('a state from before there were examples still opens', async () => {
  const storage = await taught(2);
  const file = (await storage.read('weights-2'))!;
  const view = new DataView(file.buffer);
  const length = view.getUint32(12, true);
  const header = Buffer.from(file.subarray(16, 16 + length)).toString('latin1');
  const { examples, ...rest } = JSON.parse(header) as Record<string, unknown>;
  assert.equal(examples, { labels: [], held: [], bytes: 0 });
  const json = Buffer.from(JSON.stringify(rest), 'latin1');
  const older = Buffer.concat([file.subarray(0, 16), json, file.subarray(16 + length)]);
  older.writeUInt32LE(json.length, 12);
  older.writeUInt32LE(crc32(older.subarray(12)), 8);
  await storage.replace('weights-2', new Uint8Array(older));
  const { state, parameters } = await look(storage);
  assert.equal(parameters, weights(2));
  assert.equal(state.lost, []);
  assert.equal(state.examples.labels, []);
});

test('a reset is a lesson: it has the package’s weights and can be undone', async () => {
  const storage = memoryStorage();
  const { state } = await open(storage);
  await state.commit(outcome, weights(1), { labels: ['snap'] });
  assert.equal(await state.reset(), weights(0));
  assert.equal(state.labels, []);
  assert.equal(
    state.history().map(({ cause, stands }) => [cause, stands]),
    [
      [null, true],
      ['reset', true],
    ],
  );
  await state[Symbol.asyncDispose]();
  const again = await open(storage);
  assert.equal(again.parameters, weights(0));
  assert.equal((await again.state.undo()).parameters, weights(1));
  assert.equal(again.state.labels, ['snap']);
});

test('what is saved can be loaded elsewhere, over anything, and undone', async () => {
  const { state } = await open(memoryStorage());
  const examples = { samples: Uint8Array.of(5, 6), labels: [3], held: [0] };
  await state.commit(outcome, weights(4), { labels: ['snap'], examples });
  const [whole, bare] = [await state.save(), await state.save(false)];
  assert.ok(bare.length < whole.length);
  for (const [file, expected] of [
    [whole, [3]],
    [bare, []],
  ] as const) {
    const storage = await taught(2);
    const other = (await open(storage)).state;
    assert.equal(await other.load(file, () => {}), weights(4));
    await other[Symbol.asyncDispose]();
    const again = await open(storage);
    assert.equal(again.parameters, weights(4));
    assert.equal(again.state.labels, ['snap']);
    assert.equal(again.state.examples.labels, expected);
    assert.equal((await again.state.undo()).parameters, weights(2));
    assert.equal(again.state.labels, []);
  }
});

test('a state without lessons saves the package, and a load brings it', async () => {
  const file = await (await open(memoryStorage())).state.save();
  const { state } = await open(await taught(1));
  assert.equal(await state.load(file, () => {}), weights(0));
});

test('a file that is damaged, foreign, of another shape or refused changes nothing', async () => {
  const source = (await open(memoryStorage())).state;
  await source.commit(outcome, weights(4));
  const file = await source.save();
  const foreign = (await open(memoryStorage(), { packageId: new Uint8Array(32).fill(8) })).state;
  const storage = await taught(1);
  const before = await storage.read('journal');
  const { state } = await open(storage);
  const damaged = file.with(file.length - 1, file.at(-1)! ^ 1);
  for (const bytes of [damaged, file.subarray(0, 40), new Uint8Array(0), Uint8Array.of(1, 2)]) {
    const error: unknown = await state.load(bytes, () => {}).catch((thrown: unknown) => thrown);
    assert.instance(error, FormatError);
  }
  await expectStateError(
    state.load(await foreign.save(), () => {}),
    /got that of 080808080808; open it with its own package/,
  );
  const refusal = new FormatError('not this one');
  const refused: unknown = await state
    .load(file, () => {
      throw refusal;
    })
    .catch((thrown: unknown) => thrown);
  assert.is(refused, refusal);
  assert.equal(await storage.read('journal'), before);
  assert.is(state.history().length, 1);
});

test('forget erases all, at once and for good', async () => {
  const storage = await taught(3);
  const { state } = await open(storage);
  assert.equal(await state.forget(), weights(0));
  assert.equal(state.history(), []);
  assert.equal(await storage.list(), ['journal']);
  assert.is(await state.commit(outcome, weights(6)), 'lesson-4');
  await state[Symbol.asyncDispose]();
  const again = await look(storage);
  assert.equal(again.parameters, weights(6));
  assert.is(again.state.history().length, 1);
});

test('snapshots that outlive it are not learned again', async () => {
  const storage = await taught(3);
  const { state } = await open({ ...storage, remove: async () => {} });
  await state.forget();
  await state[Symbol.asyncDispose]();
  assert.is((await storage.list()).length, 4);
  const again = await look(storage);
  assert.equal(again.parameters, weights(0));
  assert.equal(again.state.history(), []);
});

test('calls that overlap take effect one after another', async () => {
  const storage = memoryStorage();
  const { state } = await open(storage);
  const ids = await Promise.all([
    state.commit(outcome, weights(1)),
    state.commit(outcome, weights(2)),
    state.undo().then(({ record }) => record.id),
    state.commit(outcome, weights(4)),
  ]);
  assert.equal(ids, ['lesson-1', 'lesson-2', 'lesson-2', 'lesson-3']);
  await state[Symbol.asyncDispose]();
  assert.equal((await look(storage)).parameters, weights(4));
});

test('a state of another package is refused, by its journal or by its snapshots', async () => {
  const storage = await taught(1);
  const other = { packageId: new Uint8Array(32).fill(8) };
  const message = /package 080808080808, got that of 070707070707; open it with its own package/;
  await expectStateError(open(storage, other), message);
  await storage.remove('journal');
  await expectStateError(open(storage, other), message);
  assert.equal((await look(storage)).parameters, weights(1)); // and the lock was given back
});

test('one state at a time, and none after it is disposed', async () => {
  const storage = memoryStorage();
  const { state } = await open(storage);
  await expectStateError(open(storage), /in use/);
  await state[Symbol.asyncDispose]();
  await state[Symbol.asyncDispose]();
  await expectStateError(state.commit(outcome, null), /expected an open state, got one disposed/);
});

async function bytesIn(storage: Storage): Promise<number> {
  let count = 0;
  for (const name of await storage.list()) count += (await storage.read(name))!.length;
  return count;
}

test('on a full disk the old weights stand, and later lessons are kept again', async () => {
  const [used, needed] = [await bytesIn(await taught(1)), await bytesIn(await taught(2))];
  for (let capacity = used; capacity < needed; capacity++) {
    const inner = await taught(1);
    const { state } = await open(fullStorage(inner, capacity));
    await expectStateError(state.commit(outcome, weights(2)), /got a full disk; free some space/);
    assert.is(state.history().length, 1);
    await state[Symbol.asyncDispose]();
    assert.equal((await look(inner)).parameters, weights(1));
    const { state: later } = await open(inner);
    assert.is(await later.commit(outcome, weights(3)), 'lesson-2');
    await later[Symbol.asyncDispose]();
    const { parameters, state: last } = await look(inner);
    assert.equal(parameters, weights(3));
    assert.equal(last.lost, []);
  }
});

test('a state goes on after a failed commit without being opened again', async () => {
  const [used, needed] = [await bytesIn(await taught(1)), await bytesIn(await taught(2))];
  for (let tight = used; tight < needed; tight++) {
    const inner = await taught(1);
    let capacity = tight;
    const { state } = await open({
      ...inner,
      append: (name, bytes) => fullStorage(inner, capacity).append(name, bytes),
      replace: (name, bytes) => fullStorage(inner, capacity).replace(name, bytes),
    });
    await expectStateError(state.commit(outcome, weights(2)), /full disk/);
    await expectStateError(state.commit(outcome, weights(2)), /full disk/);
    capacity = 10_000;
    assert.is(await state.commit(outcome, weights(3)), 'lesson-2');
    await state[Symbol.asyncDispose]();
    const { parameters, state: last } = await look(inner);
    assert.equal(parameters, weights(3));
    assert.equal(last.lost, []);
  }
});

test('a state written by a newer version is refused', async () => {
  const storage = await taught(1);
  const [header] = Buffer.from((await storage.read('journal'))!)
    .toString()
    .split('\n');
  const json = header!.slice(9).replace('"version":1', '"version":2');
  const digest = crc32(Buffer.from(json)).toString(16).padStart(8, '0');
  await storage.replace('journal', Buffer.from(`${digest} ${json}\n`));
  await expectStateError(open(storage), /^state: expected version 1, got 2; update onward/);
});

test.run();
