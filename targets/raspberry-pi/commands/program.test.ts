import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { pressCtrlC } from '../../../test/support/press-ctrl-c.ts';
import { tinyLabels, tinyOnnx, tinySamples } from '../../../test/support/tiny-classifier.ts';
import { encodeNpz } from '../data/write-npz.ts';
import { run } from './program.ts';

const test = suite('targets/raspberry-pi/commands');
const folder = mkdtempSync(join(tmpdir(), 'onward-commands-'));
test.after(() => rmSync(folder, { recursive: true }));
const at = (name: string): string => join(folder, name);

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function onward(...args: string[]): Promise<Outcome> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const code = await run(args, { stdout, stderr });
  const text = (stream: PassThrough): string => String(stream.read() ?? '');
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

async function json(...args: string[]): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await onward(...args, '--json');
  assert.is(stderr, '');
  assert.is(code, 0);
  assert.is(stdout.split('\n').length, 2); // one line, ended
  return JSON.parse(stdout) as Record<string, unknown>;
}

/** The one line on stderr of a command that fails with `code`. */
async function refusal(code: 1 | 2, ...args: string[]): Promise<string> {
  const outcome = await onward(...args);
  assert.is(outcome.stdout, '');
  assert.is(outcome.code, code);
  assert.match(outcome.stderr, /^onward: [^\n]+\n$/);
  return outcome.stderr;
}

function writeSamples(name: string, count: number, seed: number): string {
  const { x, y } = tinySamples(count, seed);
  const labels = y.map((label) => tinyLabels[label]!);
  const user = y.map((_, index) => (index < count / 2 ? 'ana' : 'ben'));
  writeFileSync(
    at(name),
    encodeNpz({
      x: { values: x, shape: [count, 1, 4, 4] },
      y: { values: labels },
      user: { values: user },
    }),
  );
  return at(name);
}

const exportOf = (name: string): string[] => [
  'export',
  at('tiny.onnx'),
  '-o',
  at(name),
  '--tail',
  '1',
  '--calibration',
  at('calibration.npz'),
  '--labels',
  at('labels.txt'),
];
const fields = (names: string): string[] => names.split(' ');
const keys = (object: unknown): string[] => Object.keys(object as object);
test.before(async () => {
  writeFileSync(at('tiny.onnx'), tinyOnnx());
  writeFileSync(at('labels.txt'), `${tinyLabels.join('\n')}\n`);
  writeSamples('calibration.npz', 30, 1);
  writeSamples('mine.npz', 60, 2);
  writeSamples('new.npz', 9, 3);
  const { code, stderr } = await onward(...exportOf('tiny.onward'));
  assert.is(code, 0, stderr);
});

test('export tells how large, how good and how well aligned the package is', async () => {
  const report = await json(...exportOf('other.onward'), '--rate', '0.1', '--epochs', '3');
  assert.equal(
    keys(report),
    fields(
      'layers trainableParameters learningRate packageBytes floatAccuracy int8Accuracy alignment notes',
    ),
  );
  assert.is(report['layers'], 3);
  assert.is(report['trainableParameters'], 36 + 4 + 144 + 4 + (3 + 4) * (64 + 1)); // 4 spare
  assert.is(report['packageBytes'], readFileSync(at('other.onward')).length);
  const alignment = report['alignment'] as { layer: string; cosine: number }[];
  assert.equal(alignment.map(keys), [
    ['layer', 'cosine'],
    ['layer', 'cosine'],
  ]);
  const { stdout } = await onward('inspect', at('other.onward'));
  assert.match(stdout, /plan +batch 4, 3 epochs, rate 0\.1/);
  assert.match(stdout, /labels +3: top, left, diagonal; 4 spare/);
});

test('export says that a labelled calibration could give old examples, unless it did', async () => {
  const { stderr, stdout } = await onward(...exportOf('without.onward'));
  assert.match(stderr, /note: the package brings no old examples .*--examples 60/);
  assert.not.match(stdout, /--examples/);
  const [note] = (await json(...exportOf('without.onward')))['notes'] as string[];
  assert.match(note!, 'brings no old examples');
  const withThem = [...exportOf('with.onward'), '--examples', '6'];
  assert.not.match((await onward(...withThem)).stderr, /note/);
  assert.equal((await json(...withThem))['notes'], []);
});

test('inspect lists modules and predicted peaks', async () => {
  const report = await json('inspect', at('tiny.onward'));
  assert.equal(keys(report), [
    'modules',
    'learningRate',
    'peakPredictBytes',
    'peakLearnBytes',
    'backpropBytes',
  ]);
  const modules = report['modules'] as Record<string, unknown>[];
  assert.equal(
    keys(modules[0]),
    fields('name rule activationBytes weightBytes feedbackBytes density'),
  );
  assert.equal(
    modules.map(({ rule, density }) => [rule, typeof density]),
    [
      ['feedback-local', 'number'],
      ['feedback-local', 'number'],
      ['exact', 'object'],
    ],
  );
  assert.is(modules[1]!['weightBytes'], 144 + 4 * 4);
  assert.ok((report['peakLearnBytes'] as number) < (report['backpropBytes'] as number));
  const { stdout } = await onward('inspect', at('tiny.onward'));
  assert.match(stdout, /3 layers in 3 modules/);
});

test('the plan follows the flags of export', async () => {
  const modulesOf = async (...flags: string[]): Promise<{ rule: string; density: number }[]> => {
    await json(...exportOf('flags.onward'), ...flags);
    return (await json('inspect', at('flags.onward')))['modules'] as [];
  };
  const direct = ['--rule', 'feedback-direct', '--feedback', 'random', '--density', '0.25'];
  const [first, second] = await modulesOf(...direct, '--frozen', '1', '--weights', 'full');
  assert.equal([first!.rule, second!.rule], ['frozen', 'feedback-direct']);
  assert.ok(second!.density > 0 && second!.density <= 0.25, `got ${second!.density}`);
  const replayed = await modulesOf('--rule', 'exact-replay');
  assert.equal(
    replayed.map(({ rule }) => rule),
    ['exact-replay', 'exact-replay', 'exact'],
  );
});

test('export takes names from folders, and images with mean and std', async () => {
  const { PNG } = await import('pngjs');
  const { x, y } = tinySamples(12, 4);
  for (const [index, label] of y.entries()) {
    mkdirSync(at(`photos/${tinyLabels[label]}`), { recursive: true });
    const image = new PNG({ width: 4, height: 4 });
    for (let p = 0; p < 16; p++) image.data.fill(255 * x[index * 16 + p]!, 4 * p, 4 * p + 3);
    writeFileSync(at(`photos/${tinyLabels[label]}/${index}.png`), PNG.sync.write(image));
  }
  const flags = ['--calibration', at('photos'), '-o', at('photos.onward'), '--tail', '3'];
  await json('export', at('tiny.onnx'), ...flags, '--mean', '0', '--std', '255');
  const { predictions, accuracy } = await json('predict', at('photos.onward'), at('photos'));
  assert.is((predictions as unknown[]).length, 12);
  assert.type(accuracy, 'number');
  const inspection = await onward('inspect', at('photos.onward'));
  assert.match(inspection.stdout, /labels +3: diagonal, left, top/);
  // Without --std the package expects 0 to 1, and images would all look white to it.
  assert.match(
    await refusal(1, 'predict', at('tiny.onward'), at('photos')),
    /\.png: expected a package that takes values 0 to 255, got one up to \d\.\d+; export with/,
  );
});

test('learn keeps what helped, history lists it, undo takes it back', async () => {
  const state = ['--state', at('state')];
  const before = await json('predict', at('tiny.onward'), at('new.npz'));
  const lesson = await json('learn', at('tiny.onward'), at('mine.npz'), ...state, '--rate', '0.1');
  const numbers = fields('samples holdout steps accuracyBefore accuracyAfter');
  const measured = fields('peakLearnBytes peakPredictBytes msPerStep');
  const old = fields('oldHoldout oldAccuracyBefore oldAccuracyAfter cause');
  assert.equal(keys(lesson), [...numbers, 'kept', ...measured, 'stateId', ...old]);
  assert.is(lesson['samples'], 60);
  assert.is(lesson['holdout'], 12);
  assert.is(lesson['steps'], (48 / 4) * 16);
  assert.is(lesson['kept'], true);
  assert.is(lesson['stateId'], 'lesson-1');
  assert.ok((lesson['accuracyAfter'] as number) > (lesson['accuracyBefore'] as number));
  assert.ok((lesson['msPerStep'] as number) > 0 && (lesson['peakLearnBytes'] as number) > 0);

  const after = await json('predict', at('tiny.onward'), at('new.npz'), ...state);
  assert.is(after['count'], 9);
  assert.ok((after['accuracy'] as number) > (before['accuracy'] as number));
  const [first] = after['predictions'] as Record<string, unknown>[];
  assert.equal(keys(first), ['label', 'score']);
  assert.ok(tinyLabels.includes(first!['label'] as string));

  const { lessons } = await json('history', at('tiny.onward'), ...state);
  assert.equal(
    (lessons as { id: string; stands: boolean }[]).map(({ id, stands }) => [id, stands]),
    [['lesson-1', true]],
  );
  const { undone } = await json('undo', at('tiny.onward'), ...state);
  assert.is((undone as { id: string }).id, 'lesson-1');
  assert.equal(await json('predict', at('tiny.onward'), at('new.npz'), ...state), before);
  assert.match(
    await refusal(1, 'undo', at('tiny.onward'), ...state),
    /undo: expected a lesson that stands/,
  );
  assert.match(
    (await onward('history', at('tiny.onward'), ...state)).stdout,
    /lesson-1 .* no, undone/,
  );
});

test('a class is added from its samples, read, saved, loaded elsewhere and removed', async () => {
  await json(...exportOf('more.onward'), '--examples', '12', '--spare-classes', '1');
  const { stdout } = await onward('inspect', at('more.onward'));
  assert.match(stdout, /labels +3: .*; 1 spare\nexamples 12 of the calibration samples/);
  // Its right half is lit: none of the three.
  const { x } = tinySamples(12, 9);
  const right = x.map((value, i) => (i % 4 > 1 ? 0.9 : 0.1) + value / 100);
  const write = (name: string, labels: readonly string[] | null): string => {
    const entries = { x: { values: right, shape: [12, 1, 4, 4] } };
    writeFileSync(at(name), encodeNpz({ ...entries, ...(labels && { y: { values: labels } }) }));
    return at(name);
  };
  const state = ['--state', at('classes')];
  const bare = write('right.npz', null);
  const added = await json('add-class', at('more.onward'), 'right', bare, ...state);
  assert.equal(added['labels'], [...tinyLabels, 'right']);
  assert.equal([added['kept'], added['stateId'], added['samples']], [true, 'lesson-1', 12]);
  assert.equal([added['holdout'], added['oldHoldout']], [2, 3]);
  assert.ok((added['steps'] as number) > 0);
  const named = write(
    'named.npz',
    Array.from({ length: 12 }, () => 'right'),
  );
  const read = await json('predict', at('more.onward'), named, ...state);
  assert.ok((read['accuracy'] as number) > 0.9);
  assert.match(
    await refusal(1, 'add-class', at('more.onward'), 'wrong', bare, ...state),
    /addClass: expected a spare output row, got 4 classes in 4 rows; removeClass frees one/,
  );
  assert.match(
    await refusal(1, 'add-class', at('tiny.onward'), 'wrong', named),
    /named\.npz: expected samples labelled "wrong", or without labels, got none/,
  );

  const saved = await json('save', at('more.onward'), at('mine.learned'), ...state);
  assert.is(saved['bytes'], readFileSync(at('mine.learned')).length);
  const light = await json('save', at('more.onward'), at('light'), '--no-examples', ...state);
  assert.ok((light['bytes'] as number) < (saved['bytes'] as number));
  const other = ['--state', at('elsewhere')];
  const loaded = await json('load', at('more.onward'), at('mine.learned'), ...other);
  assert.equal(loaded, { stateId: 'lesson-1', labels: [...tinyLabels, 'right'] });
  assert.equal(await json('predict', at('more.onward'), named, ...other), read);
  assert.match(
    await refusal(1, 'load', at('tiny.onward'), at('mine.learned'), '--state', at('foreign')),
    /state: expected what was learned with package/,
  );
  assert.match(await refusal(1, 'load', at('more.onward'), bare, ...other), /snapshot: expected/);

  const removed = await json('remove-class', at('more.onward'), 'right', ...state);
  assert.equal(removed, { stateId: 'lesson-2', labels: tinyLabels });
  assert.match(
    await refusal(1, 'remove-class', at('more.onward'), 'top', ...state),
    /removeClass: expected one of the classes added here \(none\), got "top"/,
  );
  await json('undo', at('more.onward'), ...state);
  assert.equal(await json('predict', at('more.onward'), named, ...state), read);
  assert.equal(await json('reset', at('more.onward'), ...state), {
    stateId: 'lesson-3',
    labels: tinyLabels,
  });
  const text = (await onward('history', at('more.onward'), ...state)).stdout;
  assert.match(text, /lesson-1 .* yes +class right added\n/);
  assert.match(text, /lesson-3 .* 0 +- +- +yes +reset\n/);
  assert.equal(await json('reset', at('more.onward'), '--erase', ...state), {
    stateId: null,
    labels: tinyLabels,
  });
  assert.equal(await json('history', at('more.onward'), ...state), { lessons: [] });
});

test('learn without a state changes no file', async () => {
  const lesson = await json('learn', at('tiny.onward'), at('mine.npz'), '--epochs', '1');
  assert.is(lesson['stateId'], null);
});

test('a terminal sees a bar while stdout stays clean', async () => {
  const stdout = new PassThrough();
  const stderr = Object.assign(new PassThrough(), { isTTY: true, columns: 80 });
  const args = ['learn', at('tiny.onward'), at('mine.npz'), '--epochs', '1', '--json'];
  assert.is(await run(args, { stdout, stderr }), 0);
  assert.match(String(stderr.read()), /learning .* of 12, /);
  assert.type(JSON.parse(String(stdout.read())), 'object');
});

test('an interrupted lesson keeps nothing and says so', async () => {
  const listeners = process.listenerCount('SIGINT');
  const state = ['--state', at('interrupted')];
  const lesson = onward(
    'learn',
    at('tiny.onward'),
    at('mine.npz'),
    ...state,
    '--epochs',
    '1000000',
  );
  const mostTurns = 10_000_000; // rather than for ever, should it fail before it begins
  for (let turn = 0; turn < mostTurns && process.listenerCount('SIGINT') === listeners; turn++) {
    await nextTurn();
  }
  pressCtrlC();
  const { code, stderr } = await lesson;
  assert.is(code, 1);
  assert.match(stderr, /learn: expected to finish, got interrupted; the old weights stand\n$/);
  const { lessons } = await json('history', at('tiny.onward'), ...state);
  assert.ok((lessons as { kept: boolean }[]).every(({ kept }) => !kept));
});

test('only the samples of one user are used on request', async () => {
  assert.is(
    (await json('predict', at('tiny.onward'), at('mine.npz'), '--user', 'ben'))['count'],
    30,
  );
  assert.match(
    await refusal(1, 'predict', at('tiny.onward'), at('mine.npz'), '--user', 'eve'),
    /mine\.npz: expected samples of user eve, got ana, ben; leave --user out/,
  );
});

test('text output has a line per sample and the accuracy', async () => {
  const { stdout, stderr } = await onward('predict', at('tiny.onward'), at('new.npz'));
  assert.is(stderr, '');
  assert.is(stdout.trimEnd().split('\n').length, 1 + 9 + 2);
  assert.match(stdout, /accuracy \d+\.\d % of 9 samples/);
  const lesson = await onward('learn', at('tiny.onward'), at('mine.npz'), '--epochs', '1');
  assert.match(lesson.stdout, /accuracy +\d+\.\d % -> \d+\.\d % on the held-out samples/);
});

test('data that does not fit is refused in one line', async () => {
  const { x, y } = tinySamples(3, 1);
  const write = (name: string, shape: number[], values = x, labels = y): string => {
    const entries = { x: { values, shape }, y: { values: Int32Array.from(labels) } };
    writeFileSync(at(name), encodeNpz(entries));
    return at(name);
  };
  const predict = async (path: string): Promise<string> =>
    refusal(1, 'predict', at('tiny.onward'), path);
  assert.match(await predict(at('none.npz')), /none\.npz: expected a file or folder, got ENOENT/);
  assert.match(
    await predict(write('wide.npz', [3, 2, 8])),
    /wide\.npz: expected samples of shape \[1, 4, 4\] \(nchw\), got \[2, 8\]/,
  );
  assert.match(
    await predict(write('nan.npz', [3, 4, 4], x.with(20, Number.NaN))),
    /nan\.npz: expected finite numbers, got NaN in sample 1/,
  );
  assert.match(
    await predict(write('label.npz', [3, 4, 4], x, [0, 1, 3])),
    /label\.npz: expected labels from 0 to 2 or top, .* got 3 for sample 2/,
  );
  writeFileSync(at('unlabelled.npz'), encodeNpz({ x: { values: x, shape: [3, 4, 4] } }));
  assert.match(
    await refusal(1, 'learn', at('tiny.onward'), at('unlabelled.npz')),
    /unlabelled\.npz: expected labelled samples, got none; add y/,
  );
});

test('damaged packages and foreign states are refused in one line', async () => {
  const bytes = readFileSync(at('tiny.onward'));
  writeFileSync(at('cut.onward'), bytes.subarray(0, bytes.length - 100));
  assert.match(await refusal(1, 'inspect', at('cut.onward')), /package: /);
  assert.match(await refusal(1, 'predict', at('tiny.onnx'), at('new.npz')), /package: /);
  assert.match(
    await refusal(1, 'inspect', at('none.onward')),
    /none\.onward: expected a file that can be read/,
  );
  const learned = await json(
    'learn',
    at('tiny.onward'),
    at('mine.npz'),
    '--state',
    at('owned'),
    '--keep',
    'always',
    '--epochs',
    '1',
  );
  assert.is(learned['kept'], true);
  const other = ['predict', at('other.onward'), at('new.npz'), '--state', at('owned')];
  assert.match(await refusal(1, ...other), /package/);
  assert.match(
    await refusal(1, 'history', at('tiny.onward'), '--state', at('nowhere')),
    /nowhere: expected the folder of a state, got none/,
  );
});

test('wrong exports are refused in one line', async () => {
  const base = [
    'export',
    at('tiny.onnx'),
    '-o',
    at('x.onward'),
    '--calibration',
    at('calibration.npz'),
  ];
  writeFileSync(at('twice.txt'), 'top\nleft\ntop\n');
  assert.match(
    await refusal(1, ...base, '--labels', at('twice.txt')),
    /twice\.txt: expected one name per line, each once, got "top" in line 3/,
  );
  assert.match(
    await refusal(1, ...base, '--mean', '0,0'),
    /--mean: expected one number, or 1, one per channel, got 2/,
  );
  assert.match(
    await refusal(1, ...base, '--tail', '9'),
    /plan\.tail: expected 1 to 3 modules, got 9/,
  );
  assert.match(
    await refusal(1, 'export', at('labels.txt'), '--calibration', at('calibration.npz')),
    /onward: /,
  );
  assert.match(
    await refusal(1, ...base, '-o', at('no/such/folder.onward')),
    /expected a file that can be written/,
  );
});

test('wrong use exits with 2 and says what would be right', async () => {
  const use = async (...args: string[]): Promise<string> => refusal(2, ...args);
  assert.match(await use('lern'), /unknown command 'lern' \(Did you mean learn\?\)/);
  assert.match(
    await use('learn', 'a', 'b', '--epoch', '3'),
    /unknown option '--epoch' \(Did you mean --epochs\?\)/,
  );
  assert.match(await use('learn', 'a'), /missing required argument 'data'/);
  assert.match(await use('predict', 'a', 'b', 'c'), /too many arguments/);
  assert.match(
    await use('learn', 'a', 'b', '--epochs', '0'),
    /'0' is invalid\. Expected a whole number of at least 1/,
  );
  assert.match(await use('learn', 'a', 'b', '--rate', '-1'), /Expected a number above 0/);
  assert.match(
    await use('learn', 'a', 'b', '--holdout', '0.9'),
    /Expected a number from 0 to 0\.5/,
  );
  assert.match(
    await use('learn', 'a', 'b', '--keep', 'never'),
    /Allowed choices are improved, always/,
  );
  assert.match(await use('export', 'a'), /required option '--calibration <data>' not specified/);
  assert.match(
    await use('export', 'a', '--calibration', 'b', '--std', '1,x'),
    /Expected numbers separated by commas/,
  );
  assert.match(await use('history', 'a'), /required option '--state <folder>' not specified/);
});

test('names from files cannot steer the terminal', async () => {
  assert.match(await refusal(1, 'inspect', at('a\u001B[2J\r\nb')), /a \[2J b: expected a file/);
});

test('help and version go to stdout and are no failure', async () => {
  const { version } = JSON.parse(
    readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'),
  ) as { version: string };
  assert.equal(await onward('--version'), { code: 0, stdout: `${version}\n`, stderr: '' });
  const help = await onward('--help');
  assert.is(help.code, 0);
  const names = 'export inspect learn predict history undo add-class remove-class reset save load';
  for (const name of names.split(' ')) {
    assert.match(help.stdout, `  ${name}`);
    const { code, stdout, stderr } = await onward(name, '--help');
    assert.equal([code, stderr], [0, '']);
    assert.match(stdout, /Examples?:\n {2}onward /);
  }
  assert.is((await onward()).code, 2);
});

// The rest runs the file that the bin field of package.json names, as a process.
const entry = fileURLToPath(new URL('../onward.ts', import.meta.url));

function spawnOnward(...args: string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(process.execPath, [...process.execArgv, entry, ...args], (error, stdout, stderr) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr }),
    );
  });
}

test('as a process, learn prints its object, writes nothing else and exits with 0', async () => {
  const { code, stdout, stderr } = await spawnOnward(
    'learn',
    at('tiny.onward'),
    at('mine.npz'),
    '--state',
    at('process'),
    '--json',
  );
  assert.equal([code, stderr], [0, '']);
  assert.is((JSON.parse(stdout) as { stateId: string }).stateId, 'lesson-1');
});

test('as a process, failures and wrong use have their exit codes', async () => {
  const [failed, misused] = await Promise.all([
    spawnOnward('inspect', at('none.onward'), '--json'),
    spawnOnward('inspect', '--colour'),
  ]);
  assert.equal([failed.code, failed.stdout, misused.code, misused.stdout], [1, '', 2, '']);
  assert.match(failed.stderr, /^onward: .*none\.onward: expected a file that can be read.*\n$/);
});

test.run();
