// A session of one program. Weights that learning leaves alone stand outside the program; ONNX Runtime
// reads those from files only, so they lie in a private folder for as long as a session takes to open.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { InferenceSession } from 'onnxruntime-node';

import { EngineError } from '#runtime';
import type { EngineInput } from '#runtime';

/** Throws EngineError naming the program and what ONNX Runtime said. */
export async function openSession(
  name: string,
  input: EngineInput,
  threads: number,
): Promise<InferenceSession> {
  const program = input.programs.get(name);
  if (program === undefined) {
    throw new EngineError(
      `onnxruntime: expected a program "${name}", got ${[...input.programs.keys()].join(', ') || 'none'}; export again with this plan`,
    );
  }
  try {
    const files = outsideFiles(program, input);
    return files.size === 0
      ? await InferenceSession.create(program, sessionOptions(threads))
      : await openFromFolder(program, files, threads);
  } catch (cause) {
    throw new EngineError(`onnxruntime: program "${name}" cannot be opened: ${String(cause)}`, {
      cause,
    });
  }
}

// The arena and the memory pattern keep the largest step's memory for good. Quantised operators must
// stay as they are written: fused pairs of QuantizeLinear and DequantizeLinear round otherwise.
function sessionOptions(threads: number): InferenceSession.SessionOptions {
  return {
    executionProviders: ['cpu'],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    enableCpuMemArena: false,
    enableMemPattern: true,
    graphOptimizationLevel: 'basic',
    logSeverityLevel: 3,
    extra: { session: { disable_quant_qdq: '1' } },
  };
}

async function openFromFolder(
  program: Uint8Array,
  files: ReadonlyMap<string, Int8Array | Int32Array>,
  threads: number,
): Promise<InferenceSession> {
  const folder = await mkdtemp(join(tmpdir(), 'onward-'));
  try {
    const path = join(folder, 'program.onnx');
    await writeFile(path, program, { mode: 0o600 });
    for (const [file, data] of files) await writeFile(join(folder, file), data, { mode: 0o600 });
    return await InferenceSession.create(path, sessionOptions(threads));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What the program's external data are: their file names stand in it as they are. */
function outsideFiles(
  program: Uint8Array,
  { parameters, feedback }: EngineInput,
): Map<string, Int8Array | Int32Array> {
  const text = Buffer.from(program.buffer, program.byteOffset, program.byteLength).toString(
    'latin1',
  );
  const files = new Map<string, Int8Array | Int32Array>();
  for (const [file, kind, index] of text.matchAll(/(weights|bias|feedback)-(\d+)\.bin/g)) {
    const layer = parameters.get(Number(index));
    const data = {
      weights: layer?.weights,
      bias: layer?.bias,
      feedback: feedback[Number(index)]?.matrix,
    }[kind as 'weights' | 'bias' | 'feedback'];
    if (data !== undefined) files.set(file, data);
  }
  return files;
}
