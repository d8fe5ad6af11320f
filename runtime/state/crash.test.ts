// A crash at every byte of everything that is written: what was resolved is there, what was not is
// there whole or not at all, and the state goes on from either.
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { crashingStorage, PowerLoss } from '../../test/support/failing-storage.ts';
import type { Tear } from '../../test/support/failing-storage.ts';
import type { LayerParameters } from '../graph/model.ts';
import { noExamples } from '../learning/examples.ts';
import { memoryStorage } from './memory-storage.ts';
import type { Learned } from './recover.ts';
import { openState } from './state.ts';
import type { State } from './state.ts';
import type { Storage } from './storage.ts';

const test = suite('runtime/state/crash');

const packageId = new Uint8Array(32).fill(7);
const outcome = { samples: 1, holdout: 0, steps: 1, accuracyBefore: 0, accuracyAfter: 1 };

function weights(value: number): Map<number, LayerParameters> {
  const layer = {
    weights: Int8Array.of(value, -value),
    bias: Int32Array.of(value << 20),
    weightScales: Float32Array.of(1),
  };
  return new Map([[2, layer]]);
}

function valueOf(parameters: ReadonlyMap<number, LayerParameters>): number {
  const { weights: learned, bias } = parameters.get(2)!;
  assert.equal([learned[1], bias[0]], [-learned[0]! || 0, learned[0]! << 20]);
  return learned[0]!;
}

/** Classes and examples that a lesson of this value brings; the package, 0, has none. */
function knownOf(value: number): Pick<Learned, 'labels' | 'examples'> {
  if (value === 0) return { labels: [], examples: noExamples };
  const samples = Uint8Array.of(value, value);
  return { labels: [`class ${value}`], examples: { samples, labels: [0], held: [value % 2] } };
}

async function open(storage: Storage): Promise<{ state: State; value: number }> {
  const parameters = weights(0);
  const options = { packageId, parameters, now: () => 0, snapshots: 3 };
  const state = await openState(storage, options);
  const value = valueOf(parameters);
  assert.equal({ labels: state.labels, examples: state.examples }, knownOf(value));
  return { state, value };
}

/** What `load` loads: it has the weights of 77. */
const saved = await (async () => {
  const { state } = await open(memoryStorage());
  await state.commit(outcome, weights(77), knownOf(77));
  return state.save();
})();

/** `keep` keeps the weights of its position in the script; `close` opens again. */
type Action = 'keep' | 'refuse' | 'undo' | 'reset' | 'load' | 'forget' | 'close';

interface Run {
  /** Weights that are right to find: after the last action resolved, or the one under way. */
  readonly expected: ReadonlySet<number>;
  readonly isDone: boolean;
}

/** Plays `script`; a model of plain values says what must be found after a crash. */
async function play(script: readonly Action[], storage: Storage): Promise<Run> {
  let line: readonly number[] = [];
  let next = line;
  try {
    let { state } = await open(storage);
    for (const [index, action] of script.entries()) {
      next = after(line, action, index + 1);
      if (action === 'keep') await state.commit(outcome, weights(index + 1), knownOf(index + 1));
      else if (action === 'refuse') await state.commit(outcome, null);
      else if (action === 'undo' && line.length > 0) await state.undo();
      else if (action === 'reset') await state.reset();
      else if (action === 'load') await state.load(saved, () => {});
      else if (action === 'forget') await state.forget();
      else if (action === 'close') {
        await state[Symbol.asyncDispose]();
        const opened = await open(storage);
        state = opened.state;
        assert.is(opened.value, line.at(-1) ?? 0);
        assert.equal(state.lost, []);
      }
      line = next;
    }
    await state[Symbol.asyncDispose]();
    return { expected: new Set([line.at(-1) ?? 0]), isDone: true };
  } catch (error) {
    if (!(error instanceof PowerLoss)) throw error;
    return { expected: new Set([line.at(-1) ?? 0, next.at(-1) ?? 0]), isDone: false };
  }
}

function after(line: readonly number[], action: Action, value: number): readonly number[] {
  if (action === 'keep') return [...line, value];
  if (action === 'undo') return line.slice(0, -1);
  if (action === 'reset') return [...line, 0];
  if (action === 'load') return [...line, 77];
  return action === 'forget' ? [] : line;
}

/** A storage as the crash left it, for the next process: nobody holds its lock. */
function released(storage: Storage): Storage {
  return { ...storage, lock: async () => ({ [Symbol.asyncDispose]: async () => {} }) };
}

async function crashAt(script: readonly Action[], limit: number, tear: Tear): Promise<boolean> {
  const inner = released(memoryStorage());
  const run = await play(script, crashingStorage(inner, limit, tear));
  const place = `after ${limit} places, ${tear}`;

  const first = await open(inner);
  assert.ok(run.expected.has(first.value), `${place}: got ${first.value}`);
  await first.state[Symbol.asyncDispose]();
  assert.is((await open(inner)).value, first.value, `${place}: opening changed the state`);

  // The next lesson is kept and told apart from all before it, and then nothing is lost.
  const { state } = await open(inner);
  const ids = state.history().map(({ id }) => id);
  const id = await state.commit(outcome, weights(99), knownOf(99));
  assert.is.not(ids.includes(id), true, place);
  await state[Symbol.asyncDispose]();
  const last = await open(inner);
  assert.is(last.value, 99, place);
  assert.equal(last.state.lost, [], place);
  assert.is(valueOf((await last.state.undo()).parameters), first.value, place);
  return run.isDone;
}

const script: readonly Action[] = [
  'keep',
  'refuse',
  'keep',
  'undo',
  'keep',
  'close',
  'keep',
  'reset',
  'undo',
  'load',
  'forget',
  'keep',
];

for (const tear of ['cut', 'zeros', 'noise'] as const) {
  test(`power lost at any byte leaves the last kept lesson (${tear})`, async () => {
    let limit = 0;
    while (!(await crashAt(script, limit, tear))) limit++;
    assert.ok(limit > 700, `${limit} places`);
  });
}

test('so it is for any script', async () => {
  const action = fc.constantFrom<Action>(
    'keep',
    'keep',
    'refuse',
    'undo',
    'reset',
    'load',
    'forget',
    'close',
  );
  await fc.assert(
    fc.asyncProperty(
      // Three snapshots are kept, so two lessons can be undone in a row.
      fc.array(action, { maxLength: 8 }).filter((actions) => undos(actions) < 3),
      fc.constantFrom<Tear>('cut', 'zeros', 'noise'),
      fc.nat(3000),
      async (actions, tear, limit) => {
        await crashAt(actions, limit, tear);
      },
    ),
    { numRuns: 500 },
  );
});

function undos(actions: readonly Action[]): number {
  return actions.filter((action) => action === 'undo').length;
}

async function taught(count: number): Promise<Storage> {
  const storage = released(memoryStorage());
  const { state } = await open(storage);
  for (let value = 1; value <= count; value++)
    await state.commit(outcome, weights(value), knownOf(value));
  await state[Symbol.asyncDispose]();
  return storage;
}

test('a damaged snapshot gives way to the one before it, and the loss is told', async () => {
  const size = (await (await taught(3)).read('weights-3'))!.length;
  for (let position = 0; position < size; position++) {
    const storage = await taught(3);
    const file = (await storage.read('weights-3'))!;
    file[position]! ^= 0x10;
    await storage.replace('weights-3', file);
    const { state, value } = await open(storage);
    assert.is(value, 2);
    assert.equal(state.lost, [
      'lesson-3: its weights are missing or damaged; those before it are in use',
    ]);
    assert.equal(
      state.history().map(({ stands }) => stands),
      [true, true, false],
    );
    assert.is(valueOf((await state.undo()).parameters), 1);
  }
});

test('a lost rename gives way too, down to the package', async () => {
  const storage = await taught(3);
  for (const [lost, value] of [
    ['weights-3', 2],
    ['weights-2', 1],
    ['weights-1', 0],
  ] as const) {
    await storage.remove(lost);
    assert.is((await open(storage)).value, value);
  }
});

test('a journal damaged anywhere still leads to the newest weights', async () => {
  const size = (await (await taught(3)).read('journal'))!.length;
  for (let position = 0; position < size; position++) {
    const storage = await taught(3);
    const journal = (await storage.read('journal'))!;
    journal[position]! ^= 0x08;
    await storage.replace('journal', journal);
    const { state, value } = await open(storage);
    assert.is(value, 3, `byte ${position}`);
    assert.match(state.lost.join(), /^journal: \d+ bytes are of a write that did not finish/);
    assert.is(state.history().length, 3);
    assert.is(valueOf((await state.undo()).parameters), 2);
    assert.equal((await open(storage)).state.lost, []); // written anew
  }
});

test('without a journal the newest snapshot is found', async () => {
  const storage = await taught(3);
  await storage.remove('journal');
  const { state, value } = await open(storage);
  assert.is(value, 3);
  assert.match(state.lost.join(), /journal: its beginning is missing/);
  assert.is(state.steps, 3);
});

test('any bytes in any file open as a state, the package’s if nothing is left', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ maxLength: 400 }),
      fc.constantFrom('journal', 'weights-1', 'weights-2', 'weights-999999999999999'),
      async (bytes, name) => {
        const storage = await taught(2);
        await storage.replace(name, bytes);
        const { state, value } = await open(storage);
        assert.is(value, name === 'weights-2' ? 1 : 2);
        await state.commit(outcome, weights(50), knownOf(50));
        assert.is((await open(storage)).value, 50);
      },
    ),
    { numRuns: 300 },
  );
});

test.run();
