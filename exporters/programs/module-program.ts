// One program: the forward of some modules, and for the learning kinds their backward and update.
// A program is an ordinary inference graph. What changes between runs is an input; weights go in and
// come out, and an engine gives the same array for both.
import { addLogits, addRange } from './forward-pass.ts';
import {
  addEndGradient,
  addFeedbackModule,
  addPart,
  addReplay,
  addTail,
} from './learning-programs.ts';
import { ProgramFrame } from './program-frame.ts';
import type { ProgramSource } from './program-frame.ts';
import { programName } from './program-name.ts';
import type { ProgramKind } from './program-name.ts';
import { addExact } from './recurrent/exact-program.ts';
import { addGates } from './recurrent/gates-program.ts';
import { addStepProgram, stepSource } from './recurrent/step-program.ts';
import { addStepsProgram } from './recurrent/steps-program.ts';
import { addRecurrentUpdate } from './recurrent/update-program.ts';

/**
 * ONNX bytes of one program. Inputs, as the kind needs them:
 *
 * - `x` uint8 [n, height, width, channels]; `targets`, `gradient` float32 of their values' shapes
 * - `source` uint8 of the source's shape, `sourceScale`, `sourceZero`: its error, quantised
 * - `weights:<node>` int8, `bias:<node>` int32 of layers that the plan trains; those of others, and
 *   `feedback:<index>`, are external data in `weights-<node>.bin`, `bias-<node>.bin`, `feedback-<index>.bin`
 * - `rates`, `noise:<node>`: see weight-update.ts
 * - of recurrent nodes `weights:<node>/input`, `weights:<node>/hidden` and the like; `hidden:<node>`, `state:<node>`,
 *   `firsts:<node>`: see recurrent/carried-state.ts; those of calls on chunks: see recurrent/*-program.ts
 * - `gather:<geometry>`, `scatter:<geometry>`, `cells:<geometry>`: see window-views.ts, feedback-gradient.ts
 *
 * Outputs: `y` uint8; `logits`, `inputGradient` float32; `error` and `inputError` uint8, each with
 * `...Scale` and `...Zero`, for feedback to take as its source; `newWeights:<node>`, `newBias:<node>`;
 * `totalScale`, which is not finite where nothing was learned.
 */
export function moduleProgram(source: ProgramSource, kind: ProgramKind): Uint8Array<ArrayBuffer> {
  const own = kind.kind === 'step' ? stepSource(source) : source;
  const frame = new ProgramFrame(programName(kind), own);
  switch (kind.kind) {
    case 'predict':
      addPredict(frame);
      break;
    case 'forward':
      addForwardModules(frame, kind.from, kind.to);
      break;
    case 'tail':
      addTail(frame, kind.from);
      break;
    case 'feedback':
      addFeedbackModule(frame, kind.module);
      break;
    case 'replay':
      addReplay(frame, kind.module);
      break;
    case 'part':
      addPart(frame, kind.from, kind.to);
      break;
    case 'step':
      addStepProgram(frame);
      break;
    case 'steps':
      addStepsProgram(frame, kind.module);
      break;
    case 'exact':
      addExact(frame, kind.module);
      break;
    case 'gates':
      addGates(frame, kind.module);
      break;
    case 'update':
      addRecurrentUpdate(frame, kind.module);
      break;
    case 'end-gradient':
      addEndGradient(frame, kind.module);
      break;
    default:
      kind satisfies never;
  }
  return frame.graph.build();
}

function addPredict(frame: ProgramFrame): void {
  const { graph, sites, source } = frame;
  const range = { from: 0, to: sites.length };
  const values = addRange(graph, sites, range, frame.input('x', 'uint8', 0));
  const last = source.model.quantization[range.to]!;
  frame.output('logits', 'float32', range.to, addLogits(graph, values.get(range.to)!, last));
}

function addForwardModules(frame: ProgramFrame, from: number, to: number): void {
  const range = frame.range(from, to);
  const x = frame.input('x', 'uint8', range.from);
  const values = addRange(frame.graph, frame.sites, range, x);
  frame.output('y', 'uint8', range.to, values.get(range.to)!);
}
