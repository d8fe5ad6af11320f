import { exportPrograms, moduleProgram, programName } from '#exporters';
import type { EngineInput } from '#runtime';
import { engineSuite } from '#test-support';

import { openOnnxRuntimeEngine } from './onnx-runtime-engine.ts';

engineSuite(
  'targets/raspberry-pi/engine',
  async (input) => openOnnxRuntimeEngine({ ...input, programs: programsOf(input) }),
  { sequences: true },
);

/** The exported programs, and one for each module that the suite forwards alone. */
function programsOf(input: EngineInput): Map<string, Uint8Array> {
  const single = input.modules.slice(0, -1).map((_module, from) => {
    const kind = { kind: 'forward', from, to: from + 1 } as const;
    return { name: programName(kind), bytes: moduleProgram(input, kind) };
  });
  const programs = [...exportPrograms(input), ...single];
  return new Map(programs.map(({ name, bytes }) => [name, bytes]));
}
