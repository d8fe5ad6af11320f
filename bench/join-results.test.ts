import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { joinResults } from './join-results.ts';
import type { BenchResults, PeerResult, TaskResult } from './results.ts';

const test = suite('bench/join-results');
const order = ['accuracy:digits', 'accuracy:voices', 'time', 'peers'];

function task(name: string, title: string): TaskResult {
  return {
    task: name,
    title,
    describes: '',
    skipped: null,
    tuningUsers: [],
    users: [],
    seeds: [],
    arms: [],
    runs: [],
    verdict: null,
  };
}

function peer(name: string): PeerResult {
  return { peer: name, network: 'small', batchSize: 4, missing: null, cost: null };
}

const machine = { cpu: '', cores: 2, arch: 'x64', platform: 'linux', memoryBytes: 0 };

/** A run of these parts; every part has one row. */
function run(
  commit: string,
  parts: readonly string[],
  rest: Partial<BenchResults> = {},
): BenchResults {
  const ran = { date: '2026-01-01T00:00:00.000Z', commit, seconds: 1, machine };
  return {
    format: 3,
    date: ran.date,
    mode: 'full',
    versions: { node: '20', onnxruntimeNode: '1', onward: '', commit },
    parts: Object.fromEntries(parts.map((part) => [part, ran])),
    claims: parts.map((part) => ({
      part,
      claim: part,
      measured: commit,
      promised: '',
      holds: null,
    })),
    tasks: [],
    growth: [],
    peers: [],
    ...rest,
  };
}

test('parts that were measured again are replaced, the others stay, in the order of the benchmark', () => {
  const before = run('a', ['time', 'peers', 'accuracy:voices'], {
    tasks: [task('voices', 'before')],
    peers: [peer('other')],
  });
  const now = run('b', ['time', 'accuracy:digits'], { tasks: [task('digits', 'now')] });
  const joined = joinResults(before, now, order);
  assert.equal(
    joined.claims.map(({ claim, measured }) => [claim, measured]),
    [
      ['accuracy:digits', 'b'],
      ['accuracy:voices', 'a'],
      ['time', 'b'],
      ['peers', 'a'],
    ],
  );
  assert.equal(
    joined.tasks.map(({ title }) => title),
    ['now', 'before'],
  );
  assert.equal(joined.peers, [peer('other')]);
  assert.equal(
    Object.entries(joined.parts).map(([part, { commit }]) => [part, commit]),
    [
      ['accuracy:digits', 'b'],
      ['accuracy:voices', 'a'],
      ['time', 'b'],
      ['peers', 'a'],
    ],
  );
});

test('a task, or the peers, measured again leave nothing of before', () => {
  const before = run('a', ['accuracy:digits', 'peers'], {
    tasks: [task('digits', 'before')],
    peers: [peer('gone')],
  });
  const now = run('b', ['accuracy:digits', 'peers'], {
    tasks: [task('digits', 'now')],
    peers: [peer('here')],
  });
  assert.equal(joinResults(before, now, order), now);
});

test('parts may be of several machines, and each says its own', () => {
  const other = { ...machine, cpu: 'another' };
  const before = run('a', ['time']);
  const now = run('b', ['peers']);
  const parts = { peers: { ...now.parts['peers']!, machine: other } };
  const joined = joinResults(before, { ...now, parts }, order);
  assert.equal(
    Object.entries(joined.parts).map(([part, { machine: own }]) => [part, own]),
    [
      ['time', machine],
      ['peers', other],
    ],
  );
});

test('another mode or version starts a file of its own', () => {
  const before = run('a', ['time']);
  const now = run('b', ['peers']);
  const other: Partial<BenchResults>[] = [
    { mode: 'quick' },
    { versions: { ...now.versions, node: '22' } },
    { versions: { ...now.versions, onnxruntimeNode: '2' } },
  ];
  for (const rest of other) {
    const changed = { ...now, ...rest };
    assert.is(joinResults(before, changed, order), changed);
  }
  assert.is(joinResults(null, now, order), now);
  const ofOldFormat = { format: 2 } as unknown as BenchResults;
  assert.is(joinResults(ofOldFormat, now, order), now);
});

test.run();
