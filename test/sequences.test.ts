// Sequences on the engine of the Raspberry Pi, from the file to the command line: labels of every step, short
// samples, and a stream that keeps what it learned through kill -9.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { exportPackage } from '#exporters';

import { run } from '../targets/raspberry-pi/commands/program.ts';
import { encodeNpz } from '../targets/raspberry-pi/data/write-npz.ts';
import { openLearner } from '../targets/raspberry-pi/index.ts';
import { sha256 } from '../targets/raspberry-pi/package-file.ts';
import { tinySequence, tinySequenceOnnx } from './support/tiny-sequence.ts';

const test = suite('sequences on the Raspberry Pi');

const { steps } = tinySequence;
const labels = ['low', 'middle', 'high'];
const folder = mkdtempSync(join(tmpdir(), 'onward-test-'));
test.after(() => rmSync(folder, { recursive: true }));
const at = (name: string): string => join(folder, name);

/** Step `t` of a signal that stays at one of three levels for a while. */
function step(t: number): { readonly values: readonly number[]; readonly label: number } {
  const label = Math.floor(t / 7 + Math.sin(t / 11)) % 3;
  return { values: [0.8 * (label - 1) + 0.1 * Math.sin(t), 0.2 * Math.cos(3 * t)], label };
}

const between = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => step(from + i));
const valuesOf = (all: ReturnType<typeof between>): number[] => all.flatMap(({ values }) => values);

async function exported(output: 'last' | 'sequence'): Promise<Uint8Array> {
  const x = Float32Array.from(valuesOf(between(0, 30 * steps)));
  const options = { calibration: { x }, labels, sha256, plan: { recurrence: { exactSteps: 4 } } };
  return (await exportPackage(tinySequenceOnnx({ output }), options)).bytes;
}

const toOne = await exported('last');
const toEvery = await exported('sequence');
writeFileSync(at('one.onward'), toOne);
writeFileSync(at('every.onward'), toEvery);

test('a stream predicts what whole and short sequences do, bit for bit, and learns', async () => {
  for (const bytes of [toOne, toEvery]) {
    await using learner = await openLearner(bytes);
    await using stream = await learner.stream();
    const pushed = [];
    for (const { values } of between(0, steps)) pushed.push(await stream.push(values));
    const whole = await learner.predictSteps(valuesOf(between(0, steps)));
    assert.equal(pushed.slice(-whole.length), whole);
    assert.equal(await learner.predict(valuesOf(between(0, 5))), pushed[4]);
    for (let t = steps; t < 400; t++) {
      const { values, label } = step(t);
      await stream.push(values);
      if (t % 3 === 0) await stream.learn(label, { learningRate: 0.5 });
    }
    const lesson = await stream.keep();
    assert.ok(lesson.kept, JSON.stringify(lesson));
    assert.ok(lesson.accuracyAfter > lesson.accuracyBefore + 0.1, JSON.stringify(lesson));
  }
});

test('a lesson in a thread learns labels of every step of samples long and short', async () => {
  await using learner = await openLearner(toEvery, { state: at('every') });
  const parts = Array.from({ length: 40 }, (_, i) =>
    between(i * 13, i * 13 + (i % 4 === 0 ? 7 : steps)),
  );
  const lesson = await learner.learn(
    {
      x: parts.map(valuesOf),
      y: parts.map((part) => part.map(({ label }, t) => (t < 2 ? null : label))),
    },
    { epochs: 6, learningRate: 1, seed: 3 },
  );
  assert.ok(lesson.kept, JSON.stringify(lesson));
  assert.ok(lesson.accuracyAfter > lesson.accuracyBefore);
  assert.is(lesson.holdout, 8);
});

async function onward(input: string, ...args: string[]) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const printed = Promise.all([text(stdout), text(stderr)]);
  const code = await run(args, { stdin: Readable.from([input]), stdout, stderr });
  stdout.end();
  stderr.end();
  const [out, errors] = await printed;
  return { code, stdout: out, stderr: errors };
}

test('predict and learn read labels of every step, and lengths', async () => {
  const parts = Array.from({ length: 24 }, (_, i) => between(i * 13, i * 13 + steps));
  const lengths = parts.map((_, i) => (i % 2 === 0 ? steps : 5));
  const x = { values: Float32Array.from(parts.flatMap(valuesOf)), shape: [24, steps, 2] };
  const each = parts.map((part, i) => part.map(({ label }, t) => (t < lengths[i]! ? label : -1)));
  const y = { values: Int32Array.from(each.flat()), shape: [24, steps] };
  writeFileSync(
    at('steps.npz'),
    encodeNpz({ x, y, lengths: { values: Int32Array.from(lengths) } }),
  );
  const args = [at('every.onward'), at('steps.npz'), '--json'];
  const said = JSON.parse((await onward('', 'predict', ...args)).stdout) as {
    accuracy: number;
    predictions: { label: string; steps: { label: string }[] }[];
  };
  assert.equal(
    said.predictions.map((own) => own.steps.length),
    lengths,
  );
  const right = said.predictions.flatMap((own, i) =>
    own.steps.map(({ label }, t) => (label === labels[each[i]![t]!] ? 1 : 0)),
  );
  assert.ok(Math.abs(said.accuracy - right.filter(Boolean).length / right.length) < 1e-12);
  const learned = await onward(
    '',
    'learn',
    ...args,
    '--state',
    at('steps'),
    '--epochs',
    '8',
    '--rate',
    '1',
  );
  const lesson = JSON.parse(learned.stdout) as { kept: boolean; samples: number };
  assert.equal([lesson.kept, lesson.samples], [true, 24], learned.stderr + learned.stdout);
});

test('the stream command predicts each line, learns where it has a label, and keeps what helped', async () => {
  const lines = between(0, 300).map(({ values, label }, t) =>
    [...values, ...(t % 2 === 0 ? [labels[label]!] : [])].join(','),
  );
  const input = ['a,b,label', ...lines.slice(0, 150), '', ...lines.slice(150)].join('\n');
  const args = ['stream', at('one.onward'), '--state', at('lines'), '--rate', '0.5', '--json'];
  const { code, stdout, stderr } = await onward(`${input}\n`, ...args);
  assert.is(code, 0, stderr);
  const printed = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  assert.is(printed.length, 301);
  assert.equal(Object.keys(printed[0]!), ['step', 'label', 'score', 'expected']);
  assert.equal(Object.keys(printed[1]!), ['step', 'label', 'score']);
  const lesson = printed[300]!['lesson'] as Record<string, unknown>;
  assert.equal([lesson['kept'], lesson['stateId'], lesson['samples']], [true, 'lesson-1', 150]);
  await using learner = await openLearner(toOne, { state: at('lines') });
  assert.is(learner.history()[0]!.cause, 'learned in a stream');
  await learner.undo();
});

test('a line that is no step is refused with its number', async () => {
  for (const [line, message] of [
    ['1', /^onward: line 2: expected 2 values and maybe a label, got 1;/],
    ['1,2,3,4', /^onward: line 2: expected 2 values and maybe a label, got 3;/],
    ['1,x', /^onward: input: expected a number in row 2, column 2, got "x"/],
    ['1,2,loud', /^onward: line 2: expected labels from 0 to 2 or low, middle, high, got "loud"/],
    ['1,"2', /^onward: line 2: expected CSV/],
  ] as const) {
    const { code, stderr } = await onward(`1,2\n${line}\n`, 'stream', at('one.onward'));
    assert.is(code, 1);
    assert.match(stderr, message);
  }
});

test('what a stream has kept is there after kill -9, and nothing else', async () => {
  const command = fileURLToPath(new URL('../targets/raspberry-pi/onward.ts', import.meta.url));
  const flags = ['--conditions=source', '--import', 'tsx', command];
  const args = [
    'stream',
    at('one.onward'),
    '--state',
    at('killed'),
    '--keep-every',
    '40',
    '--json',
  ];
  const child = spawn(process.execPath, [...flags, ...args, '--rate', '0.5', '--keep', 'always'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = between(0, 60).map(({ values, label }) => [...values, label].join(','));
  child.stdin.write(`${lines.join('\n')}\n`);
  let printed = '';
  for await (const chunk of child.stdout) {
    printed += String(chunk);
    if (printed.includes('"step":59')) break;
  }
  child.kill('SIGKILL');
  await once(child, 'exit');
  await using learner = await openLearner(toOne, { state: at('killed') });
  assert.equal(
    learner.history().map(({ id, samples, stands }) => [id, samples, stands]),
    [['lesson-1', 40, true]],
  );
  // The same forty labels learned here.
  await using other = await openLearner(toOne);
  await using stream = await other.stream();
  for (const { values, label } of between(0, 40)) {
    await stream.push(values);
    await stream.learn(label, { learningRate: 0.5 });
  }
  await stream.keep({ keep: 'always' });
  const sample = valuesOf(between(3, 3 + steps));
  assert.equal(await learner.predict(sample), await other.predict(sample));
});

test.run();
