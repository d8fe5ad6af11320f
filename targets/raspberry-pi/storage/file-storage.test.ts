import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { buildSync } from 'esbuild';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { StateError } from '#runtime';
import { skipBecause } from '#test-support';

import { committingProcess, openNumbered } from '../../../test/support/committing-process.ts';
import { storageSuite } from '../../../test/support/storage-suite.ts';
import { openFileStorage } from './file-storage.ts';

async function inFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'onward-state-'));
  try {
    await run(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

storageSuite('file', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'onward-state-'));
  return {
    open: () => openFileStorage(join(folder, 'a/state')),
    dispose: async () => rmSync(folder, { recursive: true }),
  };
});

const test = suite('targets/raspberry-pi/storage/file-storage');
// One file that plain Node runs, since it is started often.
const programs = mkdtempSync(join(tmpdir(), 'onward-program-'));
const committing = join(programs, 'committing.mjs');
buildSync({
  entryPoints: [committingProcess],
  outfile: committing,
  bundle: true,
  platform: 'node',
  format: 'esm',
  conditions: ['source'],
});
test.after(() => rmSync(programs, { recursive: true }));
const size = 20_000; // several pages, so that a kill can come between two

test('only the owner may read what is learned', () =>
  inFolder(async (folder) => {
    const state = join(folder, 'x', 'state');
    const storage = openFileStorage(state);
    const lock = await storage.lock();
    await storage.append('journal', Uint8Array.of(1));
    await storage.replace('weights-1', Uint8Array.of(1));
    assert.is(statSync(state).mode & 0o777, 0o700);
    for (const name of readdirSync(state)) {
      assert.is(statSync(join(state, name)).mode & 0o077, 0, name);
    }
    await lock[Symbol.asyncDispose]();
    assert.equal(readdirSync(state).toSorted(), ['journal', 'weights-1']);
  }));

test('what a crash left of a replacement is not listed, and written over', () =>
  inFolder(async (folder) => {
    writeFileSync(join(folder, 'weights-1.new'), 'half');
    const storage = openFileStorage(folder);
    assert.equal(await storage.list(), []);
    await storage.replace('weights-1', Uint8Array.of(5));
    assert.equal(readdirSync(folder), ['weights-1']);
  }));

test('names cannot leave the folder', () =>
  inFolder(async (folder) => {
    const storage = openFileStorage(folder);
    for (const name of ['../x', 'a/b', '', '.', 'lock-1', 'x'.repeat(65)]) {
      assert.throws(() => storage.read(name), /expected a name of letters/);
    }
  }));

test('a process killed while it commits leaves a whole state, twelve times over', () =>
  inFolder(async (folder) => {
    let total = 0;
    for (let kill = 0; kill < 12; kill++) {
      const acknowledged = await killAfter(1 + (kill % 4), folder);
      const { state, number, isWhole } = await openNumbered(folder, size);
      assert.ok(isWhole, `kill ${kill}: weights of several lessons`);
      assert.ok(
        number === acknowledged || number === acknowledged + 1,
        `kill ${kill}: ${acknowledged} was kept, got ${number}`,
      );
      assert.ok(state.history().length >= number - total);
      await state[Symbol.asyncDispose]();
      total = number;
    }
    assert.ok(total >= 12);
  }));

// Resolves with the number of the last lesson known to be kept. All that was printed is read, so it is
// exact however the kill falls.
async function killAfter(lessons: number, folder: string): Promise<number> {
  const child = spawn(process.execPath, [committing, folder, String(size)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    if (output.split('kept').length <= lessons) return;
    setTimeout(() => child.kill('SIGKILL'), Math.random() * 5); // anywhere in the next commits
  });
  const signal = await new Promise((settle) => {
    child.on('close', (_code, name) => settle(name));
  });
  assert.is(signal, 'SIGKILL', output);
  return Number(/(\d+)\n(?:kept \d*)?$/.exec(output)?.[1]);
}

test('a second process gets a StateError with the pid of the first, until that one is gone', () =>
  inFolder(async (folder) => {
    const child = spawn(process.execPath, [committing, folder, String(size)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await new Promise((settle) => {
      child.stdout.once('data', settle);
    });
    await expectStateError(openNumbered(folder, size), `in use by process ${child.pid}; close it`);
    child.kill('SIGKILL');
    await new Promise((settle) => {
      child.on('close', settle);
    });
    const { state } = await openNumbered(folder, size);
    assert.is(readdirSync(folder).filter((name) => name.startsWith('lock-')).length, 1);
    await state[Symbol.asyncDispose]();
  }));

test('a claim of an earlier boot or of a process number given away is removed', () =>
  inFolder(async (folder) => {
    const storage = openFileStorage(folder);
    const lock = await storage.lock();
    const [claim] = readdirSync(folder);
    await lock[Symbol.asyncDispose]();
    const parts = claim!.split('-'); // lock, machine, boot, namespace, pid, started, nonce
    for (const stale of [parts.with(2, 'earlier'), parts.with(5, '1'), parts.with(4, '4194305')]) {
      writeFileSync(join(folder, stale.join('-')), '');
    }
    await (await storage.lock())[Symbol.asyncDispose]();
    assert.equal(readdirSync(folder), []);
  }));

test('a claim from elsewhere stands, and the message says what to remove', () =>
  inFolder(async (folder) => {
    const storage = openFileStorage(folder);
    for (const name of ['lock-elsewhere-boot-ns-12-34-ab', 'lock-unreadable']) {
      writeFileSync(join(folder, name), '');
      await expectStateError(storage.lock(), `remove ${join(folder, name)} if it is gone`);
      assert.equal(readdirSync(folder), [name]);
      rmSync(join(folder, name));
    }
  }));

test('of several that ask together at most one gets the folder', () =>
  inFolder(async (folder) => {
    const results = await Promise.allSettled(
      Array.from({ length: 8 }, () => openFileStorage(folder).lock()),
    );
    const locks = results.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    assert.ok(locks.length <= 1);
    for (const lock of locks) await lock[Symbol.asyncDispose]();
    assert.equal(readdirSync(folder), []);
  }));

test('a file that may grow no further fails the lesson, not the state', () =>
  inFolder(async (folder) => {
    const command = `ulimit -f 24; exec "$0" "$@"`;
    const { stdout } = spawnSync(
      'bash',
      ['-c', command, process.execPath, committing, folder, String(size)],
      { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] },
    );
    await expectStateAfterError(folder, stdout, /got no room \(EFBIG\); allow larger files/);
  }));

const mounted = mountSmallDisk();
const onSmallDisk = mounted === null ? skipBecause(test, 'no right to mount a tmpfs') : test;
test.after(() => {
  if (mounted === null) return;
  spawnSync('/bin/umount', [mounted]);
  rmSync(mounted, { recursive: true, force: true });
});

function mountSmallDisk(): string | null {
  const folder = mkdtempSync(join(tmpdir(), 'onward-disk-'));
  const { status } = spawnSync('/bin/mount', ['-t', 'tmpfs', '-o', 'size=128k', 'tmpfs', folder]);
  if (status === 0) return folder;
  rmSync(folder, { recursive: true });
  return null;
}

onSmallDisk('a full disk fails the lesson, not the state', async () => {
  const folder = join(mounted!, 'state');
  const { stdout } = spawnSync(process.execPath, [committing, folder, String(size)], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await expectStateAfterError(folder, stdout, /got no room \(ENOSPC\); free some space/);
});

onSmallDisk('a disk that became read-only says so', async () => {
  spawnSync('/bin/mount', ['-o', 'remount,ro', mounted!]);
  await expectStateError(
    openFileStorage(join(mounted!, 'state')).lock(),
    'file system (EROFS); mount',
  );
  spawnSync('/bin/mount', ['-o', 'remount,rw', mounted!]);
});

// The state is as after the last lesson that was reported kept, and takes the next one when it can.
async function expectStateAfterError(folder: string, output: string, error: RegExp): Promise<void> {
  assert.match(output, error);
  const kept = Number(/kept (\d+)\nerror/.exec(output)?.[1]);
  assert.ok(kept > 0, output);
  const { state, number, isWhole } = await openNumbered(folder, size);
  assert.is(number, kept);
  assert.ok(isWhole);
  assert.equal(state.lost, []);
  assert.is(state.history().length, kept);
  await state.undo();
  await state[Symbol.asyncDispose]();
}

test('a folder without permission is named, with what to do', () =>
  inFolder(async (folder) => {
    chmodSync(folder, 0o500);
    const isRoot = process.geteuid?.() === 0;
    if (isRoot) process.seteuid?.(65_534);
    try {
      const message = 'got no permission (EACCES); give it to the user who runs onward';
      await expectStateError(openFileStorage(folder).lock(), message);
    } finally {
      if (isRoot) process.seteuid?.(0);
      chmodSync(folder, 0o700);
    }
  }));

test('a file in the place of the folder is named', () =>
  inFolder(async (folder) => {
    const file = join(folder, 'package.onward');
    writeFileSync(file, '');
    await expectStateError(openFileStorage(file).lock(), `${file}: expected to read and write it`);
    await expectStateError(
      openFileStorage(join(file, 'x')).lock(),
      '(ENOTDIR); use another folder',
    );
    assert.ok(existsSync(file));
  }));

async function expectStateError(work: Promise<unknown>, part: string): Promise<void> {
  try {
    await work;
  } catch (error) {
    assert.instance(error, StateError);
    assert.ok((error as Error).message.includes(part), (error as Error).message);
    return;
  }
  assert.unreachable('nothing was thrown');
}

test.run();
