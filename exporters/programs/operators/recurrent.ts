import { UnsupportedError } from '#runtime';

import { firstsInput, stateInputs } from '../recurrent/carried-state.ts';
import { mapsOf, prepareMap } from '../recurrent/linear-map.ts';
import { addSteps } from '../recurrent/run-steps.ts';
import type { OperatorProgram } from './operator-program.ts';

// h[t], s[t] = cell(x[t], h[t-1], s[t-1]); learning has programs of its own (recurrent/)
export const recurrent: OperatorProgram<'recurrent'> = {
  saves: [],
  forward(graph, site, [x]) {
    const { attributes, inputShapes, index } = site;
    const maps = mapsOf(site);
    const [steps] = inputShapes[0]!;
    const positions = graph.constant(
      `positions:${index}`,
      Int32Array.from({ length: steps }, (_, t) => t),
      [1, steps, 1, 1],
    );
    const firsts = graph.reshape(firstsInput(graph, site), [-1, 1, 1, 1]);
    const isSequence = attributes.output === 'sequence';
    const { end, outputs } = addSteps(graph, site, {
      start: stateInputs(graph, site),
      maps: { input: prepareMap(graph, maps.input), hidden: prepareMap(graph, maps.hidden) },
      x: x!,
      hasBegun: graph.node('GreaterOrEqual', [positions, firsts]),
      axis: 1,
      visit: ({ after }) => ({
        outputs: isSequence
          ? [{ value: after.hidden, type: 'uint8', dimensions: ['n', 1, attributes.hiddenSize] }]
          : [],
      }),
    });
    return isSequence ? outputs[0]! : graph.reshape(end.hidden, [-1, 1, 1, attributes.hiddenSize]);
  },

  backward(_graph, { name }) {
    throw new UnsupportedError(
      `${name}: expected a recurrent layer in a module of its own, got one among others; export again`,
    );
  },
};
