// The forward pass of a recurrent layer that learns, over the chunks of a call.
import type { ProgramFrame } from '../program-frame.ts';
import { carriedStates, sizesOf } from './carried-state.ts';
import { addChunkLoop } from './chunk-loop.ts';
import { addDecay, addSequence, countsDecay, decayInput, hasBegunAt, joinChunks } from './chunk.ts';
import type { Sequence } from './chunk.ts';
import { addSteps } from './run-steps.ts';
import type { BodyValue } from './scan.ts';

/** True where every chunk's state is wanted later. */
function keepsAll({ frame: { source }, site }: Sequence): boolean {
  return site.attributes.output === 'sequence' || source.plan.recurrence?.earlier === 'exact';
}

/**
 * From `hidden:<node>`, `state:<node>` to `nextHidden`, `nextState` and, where gates are replayed, from `decay` to
 * `nextDecay`; where all chunks are learned exactly, the states before each, `keptHidden` uint8 and `keptState`
 * float32 [k, n, 1, hidden size]; of a layer whose output is every step, `y` uint8 [n, k * t, 1, hidden size].
 */
export function addStepsProgram(frame: ProgramFrame, module: number): void {
  const sequence = addSequence(frame, module);
  const { graph, site, maps } = sequence;
  const { hiddenSize } = sizesOf(site);
  const width = ['n', 1, hiddenSize];
  const isSequence = site.attributes.output === 'sequence';
  const decays = countsDecay(sequence);
  const keeps = keepsAll(sequence);
  const outputs = addChunkLoop(sequence, {
    states: [...carriedStates(graph, site), ...(decays ? [decayInput(sequence)] : [])],
    reverse: false,
    chunk({ x, states: [hidden, state, ...decay], ...bounds }) {
      const start = { hidden: hidden!, state: state! };
      const {
        end,
        carried,
        outputs: ofSteps,
      } = addSteps(graph, site, {
        maps,
        x,
        hasBegun: hasBegunAt(sequence, bounds),
        axis: 0,
        start,
        carried: decay.map((value) => ({ value, type: 'int32', dimensions: width })),
        visit: ({ step, after, carried: [before], hasBegun }) => ({
          carried: decays
            ? [addDecay(graph, { before: before!, keepIndex: step.keepIndex!(), hasBegun })]
            : [],
          outputs: isSequence ? [{ value: after.hidden, type: 'uint8', dimensions: width }] : [],
        }),
      });
      const kept: BodyValue[] = [
        {
          value: start.hidden,
          type: 'uint8',
          dimensions: width,
          result: `keptHidden:${site.index}`,
        },
        {
          value: start.state,
          type: 'float32',
          dimensions: width,
          result: `keptState:${site.index}`,
        },
      ];
      return {
        states: [end.hidden, end.state, ...carried],
        outputs: [
          ...(keeps ? kept : []),
          ...ofSteps.map((value): BodyValue => ({
            value,
            type: 'uint8',
            dimensions: ['t', ...width],
          })),
        ],
      };
    },
  });
  if (keeps) {
    graph.output(`keptHidden:${site.index}`, 'uint8', ['k', ...width]);
    graph.output(`keptState:${site.index}`, 'float32', ['k', ...width]);
  }
  if (!isSequence) return;
  joinChunks(graph, outputs.at(-1)!, { output: 'y', type: 'uint8', width: hiddenSize });
}
