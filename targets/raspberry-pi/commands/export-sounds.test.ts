import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { tinyLabels, tinyOnnx } from '../../../test/support/tiny-classifier.ts';
import { pcm16, wavFile } from '../../../test/support/wav-file.ts';
import { run } from './program.ts';

const test = suite('targets/raspberry-pi/commands/export-sounds');
const folder = mkdtempSync(join(tmpdir(), 'onward-sounds-'));
test.after(() => rmSync(folder, { recursive: true }));
const at = (name: string): string => join(folder, name);

async function onward(...args: string[]): Promise<{ code: number; out: string; problem: string }> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const code = await run(args, { stdout, stderr });
  return { code, out: String(stdout.read() ?? ''), problem: String(stderr.read() ?? '') };
}

const exportWith = (logMel: string): string[] => {
  const files = `--calibration ${at('sounds')} -o ${at('sounds.onward')}`;
  return `export ${at('tiny.onnx')} ${files} --tail 3 --mean -20 --std 20 --log-mel ${logMel}`.split(
    ' ',
  );
};

test.before(() => {
  // Four frames of four bands.
  writeFileSync(at('tiny.onnx'), tinyOnnx());
  for (const [label, name] of tinyLabels.entries()) {
    mkdirSync(at(`sounds/${name}`), { recursive: true });
    for (const length of [300, 500]) {
      const tone = Array.from({ length }, (_, t) => 9999 * Math.sin(((1 + label) * t) / 2));
      writeFileSync(at(`sounds/${name}/${length}.wav`), wavFile(pcm16(tone), { bits: 16 }));
    }
  }
});

test('a package exported with --log-mel takes sounds', async () => {
  const exported = await onward(...exportWith('8000,64,32,0,4000,40'));
  assert.is(exported.code, 0, exported.problem);
  const { out, problem } = await onward('predict', at('sounds.onward'), at('sounds'), '--json');
  const { predictions, accuracy } = JSON.parse(out || problem) as Record<string, unknown>;
  assert.is((predictions as unknown[]).length, 6);
  assert.type(accuracy, 'number');
});

test('features that no device could compute are refused', async () => {
  const odd = await onward(...exportWith('8000,100,32,0,4000,40'));
  assert.is(odd.code, 1);
  assert.match(odd.problem, /frame length that is a power of two/);
  const few = await onward(...exportWith('8000,64'));
  assert.is(few.code, 2);
  assert.match(few.problem, /Expected six numbers/);
});

test.run();
