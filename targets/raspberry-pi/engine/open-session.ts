// A session of one program. Weights that learning leaves alone stand outside the program; the session
// takes its own copy of those it names, in the form its kernels want.
//
// glibc before 2.38 fits no new aligned block into a freed one while its thread cache holds the scraps
// between them. GLIBC_TUNABLES=glibc.malloc.tcache_count=0 keeps resident memory at what is alive.
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
    return await InferenceSession.create(program, {
      executionProviders: ['cpu'],
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      // An arena keeps the memory of the largest step for good, one for each program; the pattern, one block of a
      // run's tensors, was measured to be a quarter larger than what is alive at once, and no faster.
      enableCpuMemArena: false,
      enableMemPattern: false,
      graphOptimizationLevel: 'basic',
      logSeverityLevel: 3,
      externalData: outsideData(program, input),
      // Quantised operators must stay as they are written: fused pairs round otherwise.
      extra: { session: { disable_quant_qdq: '1' } },
    });
  } catch (cause) {
    throw new EngineError(`onnxruntime: program "${name}" cannot be opened: ${String(cause)}`, {
      cause,
    });
  }
}

/** The program's external data by the file names it uses, which stand in it as they are. */
function outsideData(
  program: Uint8Array,
  { parameters, feedback, stateFeedback }: EngineInput,
): { path: string; data: Uint8Array }[] {
  const text = Buffer.from(program.buffer, program.byteOffset, program.byteLength).toString(
    'latin1',
  );
  const names = new Set(text.match(/(?:weights|bias|feedback|stateFeedback)-\d+\.bin/g));
  return [...names].flatMap((path) => {
    const [, kind, index] = /^(\w+)-(\d+)/.exec(path) ?? [];
    const layer = parameters.get(Number(index));
    const array = {
      weights: layer?.weights,
      bias: layer?.bias,
      feedback: feedback[Number(index)]?.matrix,
      stateFeedback: stateFeedback[Number(index)]?.matrix,
    }[kind as 'weights' | 'bias' | 'feedback' | 'stateFeedback'];
    if (array === undefined) return [];
    return [{ path, data: new Uint8Array(array.buffer, array.byteOffset, array.byteLength) }];
  });
}
