import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { OnwardError } from '#runtime';

import { labelIndices } from './label-indices.ts';
import { readSamples } from './read-samples.ts';
import type { SampleForm, Samples } from './samples.ts';
import { encodeNpz } from './write-npz.ts';

const fixture = (name: string): string =>
  fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));

const test = suite('targets/raspberry-pi/data/read-samples');
const root = mkdtempSync(join(tmpdir(), 'onward-samples-'));
test.after(() => rmSync(root, { recursive: true }));

let folders = 0;
function folderOf(files: Readonly<Record<string, string | Uint8Array>>): string {
  folders++;
  const folder = join(root, String(folders));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(folder, name, '..'), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return folder;
}

const series: SampleForm = {
  shape: [2, 1, 3],
  layout: 'nhwc',
  largest: 9,
  sampleRate: null,
  sound: null,
};
const pictures: SampleForm = {
  shape: [4, 4, 3],
  layout: 'nhwc',
  largest: 255,
  sampleRate: null,
  sound: null,
};

async function refusal(work: Promise<Samples>): Promise<string> {
  const error: unknown = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof OnwardError)) throw new Error('expected an OnwardError', { cause: error });
  assert.not.match(error.message, '\n');
  return error.message;
}

test('a folder of folders gives each file its folder as label', async () => {
  const folder = folderOf({
    'walk/b.csv': 'x,y,z\n1,2,3\n4,5,6\n',
    'walk/a.csv': '1;2;3\n4;5;7\n',
    'run/a.CSV': '1\t2\t3\r\n4\t5\t8\r\n',
    'run/readme.txt': 'not a sample',
    'run/.hidden.csv': 'nor this',
  });
  const { x, y, names, shape } = await readSamples(folder, series);
  assert.equal(y, ['run', 'walk', 'walk']);
  assert.equal(names, ['run/a.CSV', 'walk/a.csv', 'walk/b.csv']);
  assert.equal(shape, [3, 2, 1, 3]);
  assert.equal(Array.from(x), [1, 2, 3, 4, 5, 8, 1, 2, 3, 4, 5, 7, 1, 2, 3, 4, 5, 6]);
});

test('a folder of files, and a single file, have no labels', async () => {
  const folder = folderOf({ 'a.csv': '1,2,3\n4,5,6' });
  assert.is((await readSamples(folder, series)).y, undefined);
  copyFileSync(fixture('rgb.png'), join(root, 'one.png'));
  const { shape, y } = await readSamples(join(root, 'one.png'), pictures);
  assert.equal([shape, y], [[1, 4, 4, 3], undefined]);
});

test('series are turned for packages with channels first', async () => {
  const folder = folderOf({ 'a.csv': '1,2,3\n4,5,6' });
  const { x, shape } = await readSamples(folder, { ...series, layout: 'nchw' });
  assert.equal(Array.from(x), [1, 4, 2, 5, 3, 6]);
  assert.equal(shape, [1, 3, 2, 1]);
});

test('a grid of numbers is a sample of a package with one channel', async () => {
  const folder = folderOf({ 'a.csv': '1,2,3\n4,5,6' });
  const { x } = await readSamples(folder, { ...series, shape: [2, 3, 1], layout: 'nchw' });
  assert.equal(Array.from(x), [1, 2, 3, 4, 5, 6]);
});

test('a CSV table is a sample a line, with a label and a user column', async () => {
  const folder = folderOf({
    't.csv':
      '\uFEFFa,Label,b,c,user,d,e,f\n1,"left, up",2,3,ana,4,5,6\n\n0,right,0,0,ben,0,0,-1.5e1\n',
  });
  const { x, y, user } = await readSamples(join(folder, 't.csv'), series);
  assert.equal(Array.from(x), [1, 2, 3, 4, 5, 6, 0, 0, 0, 0, 0, -15]);
  assert.equal(y, ['left, up', 'right']);
  assert.equal(user, ['ana', 'ben']);
});

test('wrong tables are refused by row and column', async () => {
  const folder = folderOf({
    'empty.csv': 'a,b,c,d,e,f\n',
    'gap.csv': 'a,b,c,d,e,f\n1,2,3,,5,6\n',
    'comma.csv': '1,5;2;3;4;5;6\n',
    'ragged.csv': '1,2,3,4,5,6\n1,2\n',
    'short.csv': '1,2,3\n4,5,6\n',
  });
  const of = (name: string): Promise<string> => refusal(readSamples(join(folder, name), series));
  assert.match(
    await of('empty.csv'),
    /empty\.csv: expected lines with values, got 0 lines without/,
  );
  assert.match(await of('gap.csv'), /gap\.csv: expected a number in row 1, column d, got ""/);
  assert.match(
    await of('comma.csv'),
    /comma\.csv: expected a number in row 1, column 1, got "1,5"; write it like 1\.5/,
  );
  assert.match(await of('ragged.csv'), /ragged\.csv: expected CSV, got .*line 2/);
  assert.match(
    await of('short.csv'),
    /short\.csv: expected samples of shape \[2, 1, 3\] \(nhwc\), got \[3\]/,
  );
  const series3 = folderOf({ 'a/long.csv': '1,2,3\n4,5,6\n7,8,9\n' });
  assert.match(
    await refusal(readSamples(series3, series)),
    /long\.csv: expected 2 lines of 3 columns, got 3 of 3; cut or pad/,
  );
});

test('wrong folders are refused', async () => {
  const csv = '1,2,3\n4,5,6';
  const of = (files: Record<string, string>): Promise<string> =>
    refusal(readSamples(folderOf(files), series));
  assert.match(
    await of({ 'a/a.csv': csv, 'b.csv': csv }),
    /expected each file in a folder named as its label, got .*b\.csv/,
  );
  assert.match(
    await of({ 'a/a.csv': csv, 'a/b.wav': csv }),
    /expected files of one kind .* got several/,
  );
  assert.match(await of({ 'a/a.txt': csv }), /expected files of one kind .* got none/);
  const broken = folderOf({ 'a/a.csv': csv });
  symlinkSync(join(root, 'nowhere'), join(broken, 'a', 'b.csv'));
  assert.match(
    await refusal(readSamples(broken, series)),
    /b\.csv: expected a file that can be read, got ENOENT/,
  );
});

test('missing and foreign files are refused', async () => {
  assert.match(
    await refusal(readSamples(join(root, 'none.npz'), series)),
    /none\.npz: expected a file or folder, got ENOENT/,
  );
  const folder = folderOf({ 'a.parquet': '', README: '' });
  assert.match(
    await refusal(readSamples(join(folder, 'a.parquet'), series)),
    /expected \.npz, .* got '\.parquet'/,
  );
  assert.match(await refusal(readSamples(join(folder, 'README'), series)), /got 'README'/);
  assert.match(await refusal(readSamples('/dev/null', series)), /expected \.npz/);
});

test('samples of another shape are refused, and the other order is recognised', async () => {
  const npz = (values: readonly number[], ...shape: number[]): string =>
    join(
      folderOf({ 'm.npz': encodeNpz({ x: { values: Float32Array.from(values), shape } }) }),
      'm.npz',
    );
  const numbers = Array.from({ length: 48 }, (_, index) => index);
  assert.equal((await readSamples(npz(numbers, 1, 4, 4, 3), pictures)).shape, [1, 4, 4, 3]);
  assert.equal((await readSamples(npz(numbers, 1, 48), pictures)).shape, [1, 48]);
  assert.match(
    await refusal(readSamples(npz(numbers, 1, 3, 4, 4), pictures)),
    /m\.npz: expected samples of shape \[4, 4, 3\] \(nhwc\), got \[3, 4, 4\]; move the channels last/,
  );
  assert.match(
    await refusal(readSamples(npz(numbers, 1, 4, 4, 3), { ...pictures, layout: 'nchw' })),
    /move the channels first/,
  );
  assert.match(
    await refusal(readSamples(npz(numbers, 2, 24), pictures)),
    /got \[24\]; give samples as the model/,
  );
  const withNaN = numbers.with(30, Number.NaN);
  assert.match(
    await refusal(readSamples(npz(withNaN, 8, 2, 3), series)),
    /m\.npz: expected finite numbers, got NaN in sample 5 of 8/,
  );
});

test('labels are names first, then indices', () => {
  assert.equal(labelIndices(['b', 'a', '1'], ['a', 'b'], 'm'), [1, 0, 1]);
  assert.equal(labelIndices(['1', '0'], ['0', '1', '2'].toReversed(), 'm'), [1, 2]);
  assert.equal(labelIndices([1, 0], ['a', 'b'], 'm'), [1, 0]);
  assert.throws(
    () => labelIndices([0, 2], ['a', 'b'], 'm.npz'),
    /m\.npz: expected labels from 0 to 1 or a, b, got 2 for sample 1/,
  );
  for (const wrong of ['c', '', '-1', '1.5']) {
    assert.throws(() => labelIndices([wrong], ['a', 'b'], 'm.npz'), /for sample 0/);
  }
});

test.run();
