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
    const { end, of } = addSteps(graph, site, {
      start: stateInputs(graph, site),
      hiddenMap: prepareMap(graph, maps.hidden),
      input: { map: prepareMap(graph, maps.input), values: x! },
      hasBegun: graph.node('GreaterOrEqual', [positions, firsts]),
      axis: 1,
      wanted: attributes.output === 'sequence' ? ['hidden'] : [],
    });
    return attributes.output === 'sequence'
      ? of.hidden
      : graph.reshape(end.hidden, [-1, 1, 1, attributes.hiddenSize]);
  },

  backward(_graph, { name }) {
    throw new UnsupportedError(
      `${name}: expected a recurrent layer in a module of its own, got one among others; export again`,
    );
  },
};
