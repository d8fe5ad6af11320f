import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { openState, StateError } from '#runtime';
import type { LayerParameters, Storage } from '#runtime';

/** What a suite needs of a place where files stay. */
export interface StoragePlace {
  /** A storage of the same files each time, as another process would open it. */
  open(): Storage;
  dispose?(): Promise<void>;
}

/** What every storage must do. `place` makes an empty one for each test. */
export function storageSuite(name: string, place: () => Promise<StoragePlace>): void {
  const test = suite(`${name} storage`);
  const onPlace = (title: string, run: (where: StoragePlace) => Promise<void>): void => {
    test(title, async () => {
      const where = await place();
      try {
        await run(where);
      } finally {
        await where.dispose?.();
      }
    });
  };
  const onStorage = (title: string, run: (storage: Storage) => Promise<void>): void => {
    onPlace(title, (where) => owning(where, run));
  };

  onStorage('a file that is not there reads as null', async (storage) => {
    assert.is(await storage.read('journal'), null);
    assert.equal(await storage.list(), []);
  });

  onPlace('appends follow one another, and stay for the next opening', async (where) => {
    await owning(where, async (storage) => {
      await storage.append('journal', Uint8Array.of(1, 2));
      await storage.append('journal', new Uint8Array(0));
      await storage.append('journal', Uint8Array.of(3));
    });
    await owning(where, async (storage) => {
      await storage.append('journal', Uint8Array.of(4));
      assert.equal(bytesOf(await storage.read('journal')), [1, 2, 3, 4]);
    });
  });

  onStorage('replace makes a file, or the whole of one', async (storage) => {
    await storage.replace('weights-1', Uint8Array.of(1, 2, 3));
    await storage.replace('weights-1', Uint8Array.of(9));
    await storage.append('weights-1', Uint8Array.of(8));
    assert.equal(bytesOf(await storage.read('weights-1')), [9, 8]);
    await storage.replace('weights-1', new Uint8Array(0));
    assert.equal(bytesOf(await storage.read('weights-1')), []);
  });

  onStorage('views are stored as what they show, and what is read is a copy', async (storage) => {
    const bytes = Uint8Array.of(0, 1, 2, 3);
    await storage.replace('weights-1', bytes.subarray(1, 3));
    bytes.fill(7);
    const read = await storage.read('weights-1');
    read?.fill(5);
    assert.equal(bytesOf(await storage.read('weights-1')), [1, 2]);
  });

  onStorage('a removed file is gone, and removing nothing is no error', async (storage) => {
    await storage.replace('weights-1', Uint8Array.of(1));
    await storage.append('journal', Uint8Array.of(1));
    assert.equal((await storage.list()).toSorted(), ['journal', 'weights-1']);
    await storage.remove('weights-1');
    await storage.remove('weights-1');
    assert.is(await storage.read('weights-1'), null);
    assert.equal(await storage.list(), ['journal']);
  });

  onStorage('a megabyte comes back', async (storage) => {
    const bytes = Uint8Array.from({ length: 2 ** 20 }, (_, i) => (i * 7 + (i >> 8)) & 0xff);
    await storage.replace('weights-1', bytes);
    const read = await storage.read('weights-1');
    assert.ok(read?.every((byte, i) => byte === bytes[i]) && read.length === bytes.length);
  });

  onPlace('a second owner gets a StateError until the first is done', async (where) => {
    const first = await where.open().lock();
    for (let attempt = 0; attempt < 2; attempt++) {
      try {
        await where.open().lock();
        assert.unreachable('two owners');
      } catch (error) {
        assert.instance(error, StateError);
        assert.match((error as Error).message, /in use/);
      }
    }
    await first[Symbol.asyncDispose]();
    await first[Symbol.asyncDispose]();
    await owning(where, async () => {});
  });

  onPlace('a state lives in it', async (where) => {
    const openWith = (parameters: ReadonlyMap<number, LayerParameters>) =>
      openState(where.open(), {
        packageId: new Uint8Array(32).fill(1),
        parameters,
        now: () => 5,
      });
    const outcome = { samples: 1, holdout: 0, steps: 2, accuracyBefore: 0, accuracyAfter: 1 };
    {
      await using state = await openWith(new Map([[0, layer(1)]]));
      await state.commit(outcome, new Map([[0, layer(2)]]));
      await state.commit(outcome, new Map([[0, layer(3)]]), { labels: ['new'] });
      await state.commit(outcome, null);
    }
    const parameters = new Map([[0, layer(1)]]);
    await using state = await openWith(parameters);
    assert.equal(parameters.get(0), layer(3));
    assert.equal(state.lost, []);
    assert.equal(state.labels, ['new']);
    const { parameters: before } = await state.undo();
    assert.equal(before.get(0), layer(2));
    assert.equal(
      state.history().map(({ stands }) => stands),
      [true, false, false],
    );
  });

  test.run();
}

async function owning(
  where: StoragePlace,
  run: (storage: Storage) => Promise<void>,
): Promise<void> {
  const storage = where.open();
  const lock = await storage.lock();
  try {
    await run(storage);
  } finally {
    await lock[Symbol.asyncDispose]();
  }
}

function layer(weight: number): LayerParameters {
  return {
    weights: Int8Array.of(weight, -weight),
    bias: Int32Array.of(weight * 1000),
    weightScales: Float32Array.of(1),
  };
}

function bytesOf(bytes: Uint8Array | null): number[] | null {
  return bytes && Array.from(bytes);
}
