import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { compareResults } from './compare.ts';
import type { ArmSummary, BenchResults, RunRow } from './results.ts';
import { summarize } from './summarize.ts';

const test = suite('bench/compare');

interface Measured {
  readonly shift?: number;
  readonly original?: number;
  readonly peakBytes?: number;
  readonly msPerStep?: number;
  readonly holds?: boolean;
}

const float = 'full backprop, float32';

function runsOf(arm: string, shift: number, original: number): RunRow[] {
  return ['a', 'b', 'c', 'd'].map((user, index) => ({
    arm,
    user,
    seed: 1,
    before: 20,
    after: 80 + index + shift,
    originalBefore: 99,
    originalAfter: original,
    steps: 10,
    msPerStep: 1,
    curve: [],
  }));
}

function results(measured: Measured = {}): BenchResults {
  const { shift = 0, original = 90, peakBytes = 1000, msPerStep = 2, holds = true } = measured;
  const runs = [...runsOf('onward', shift, original), ...runsOf(float, 0, 90)];
  const summary = (arm: string, cost: Partial<ArmSummary['cost']>): ArmSummary =>
    summarize({ name: arm, describes: '' }, runs, {
      setting: { name: 'learning rate', value: 0.015 },
      cost: {
        batchSize: 4,
        peakBytes: 4000,
        keptBytes: 0,
        msPerStep: 4,
        joulesPerStep: null,
        joulesMissing: 'no counter',
        ...cost,
      },
    });
  return {
    format: 3,
    date: '2026-01-01T00:00:00.000Z',
    mode: 'quick',
    versions: { node: '', onnxruntimeNode: '', onward: '', commit: null },
    parts: {},
    claims: [{ part: 'size', claim: 'small', measured: '9 bytes', promised: 'at most 8', holds }],
    tasks: [
      {
        task: 'digits',
        title: '',
        describes: '',
        skipped: null,
        tuningUsers: [],
        users: ['a', 'b', 'c', 'd'],
        seeds: [1],
        arms: [summary('onward', { peakBytes, msPerStep }), summary(float, {})],
        runs,
        verdict: null,
      },
    ],
    growth: [],
    peers: [],
  };
}

function worse(after: Measured): readonly string[] {
  return compareResults(results(), results(after)).regressions;
}

test('a file compared with itself, or with a better one, has no regressions', () => {
  assert.equal(worse({}), []);
  assert.equal(worse({ shift: 1, original: 95, peakBytes: 500, msPerStep: 1 }), []);
});

test('accuracy that fell for every user is a regression', () => {
  assert.equal(worse({ shift: -1 }), [
    'digits, onward: accuracy fell by 1.0 points (95 % interval 1.0 to 1.0)',
  ]);
});

test('accuracy that fell for some users and rose for others is not', () => {
  const after = results();
  const runs: RunRow[] = [];
  for (const [index, run] of after.tasks[0]!.runs.entries()) {
    const change = index % 2 === 0 ? -2 : 1.9;
    runs.push({ ...run, after: run.arm === 'onward' ? run.after + change : run.after });
  }
  const changed = { ...after, tasks: [{ ...after.tasks[0]!, runs }] };
  assert.equal(compareResults(results(), changed).regressions, []);
});

test('more forgetting is a regression', () => {
  assert.match(worse({ original: 88 })[0]!, /accuracy on the original domain fell by 2\.0 points/);
});

test('memory counts beyond a tenth, time beyond a quarter of float backpropagation’s', () => {
  assert.equal(worse({ peakBytes: 1090, msPerStep: 2.4 }), []);
  assert.match(worse({ peakBytes: 1200 })[0]!, /peak memory rose/);
  assert.equal(worse({ msPerStep: 3 }), [
    'digits, onward: a step took 0.50 of float32 backpropagation’s time, now 0.75',
  ]);
});

test('a promise that held and no longer does is a regression', () => {
  assert.equal(worse({ holds: false }), ['small: held, now 9 bytes (at most 8)']);
});

test('what is in one file only is noted', () => {
  const nothing = { ...results(), tasks: [] };
  assert.equal(compareResults(nothing, results()).notes, ['digits: not in both files']);
});

test('another machine is noted', () => {
  const on = (cpu: string): BenchResults => {
    const machine = { cpu, cores: 2, arch: 'x64', platform: 'linux', memoryBytes: 0 };
    const part = { date: '', commit: null, seconds: 1, machine };
    return { ...results(), parts: { 'accuracy:digits': part } };
  };
  assert.equal(compareResults(on('one'), on('two')).notes, ['digits: measured on one, now on two']);
  assert.equal(compareResults(on('one'), on('one')).notes, []);
});

test('another format is refused', () => {
  const other = { ...results(), format: 1 } as unknown as BenchResults;
  assert.throws(() => compareResults(other, results()), /expected format 3, got 1/);
});

test.run();
