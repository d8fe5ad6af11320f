// The squashing functions as tables. Negative indices count from a table's end, so entry v of a table
// that is turned by half needs no offset.
import { decayTable, sigmaTable } from '#runtime/sequences';

import type { ProgramGraph } from '../program-graph.ts';

const half = sigmaTable.length / 2;

/** min(2047, max(-2048, rne(v))) of a float32 value: int32 indices into the tables. */
export function tableIndex(graph: ProgramGraph, value: string, offsets?: string): string {
  const limits = [-half, half - 1].map((limit) => graph.scalar('float32', limit));
  const index = graph.node('Round', [graph.node('Clip', [value, ...limits])]);
  return graph.cast(offsets === undefined ? index : graph.add(index, offsets), 'int32');
}

/** sigma[at(v)] */
export function sigmaOf(graph: ProgramGraph, index: string): string {
  return lookUp(graph, index, 'sigma', () => turned(sigmaTable));
}

/** tanhOf(v) */
export function tanhOf(graph: ProgramGraph, index: string): string {
  return lookUp(graph, index, 'tanh', () => turned(tanhTable()));
}

/** Added to an index, makes `squashOf` take the tanh. */
export const tanhOffset: number = 2 * half;

/** sigma[at(v)], or tanhOf(v) where `tanhOffset` was added to the index. */
export function squashOf(graph: ProgramGraph, index: string): string {
  return lookUp(graph, index, 'squash', () => {
    // From 0: sigma of 0.., tanh of -2048.., tanh of 0.., sigma of -2048..
    const [sigma, tanh] = [turned(sigmaTable), tanhTable()];
    return Float32Array.of(...sigma.subarray(0, half), ...tanh, ...sigma.subarray(half));
  });
}

/** decay[at(v)], int32. */
export function decayOf(graph: ProgramGraph, index: string): string {
  return lookUp(graph, index, 'decay', () => turned(decayTable));
}

// GatherElements of a flat index: Gather copies element by element and takes ten times as long.
function lookUp(
  graph: ProgramGraph,
  index: string,
  name: string,
  make: () => Float32Array | Int32Array,
): string {
  const table = tables.get(name) ?? make();
  tables.set(name, table);
  const constant = graph.once(`${name}Table`, () =>
    graph.constant(`${name}Table`, table, [table.length]),
  );
  const flat = graph.node('GatherElements', [constant, graph.reshape(index, [-1])]);
  return graph.node('Reshape', [flat, graph.node('Shape', [index])]);
}

const tables = new Map<string, Float32Array | Int32Array>();

function tanhTable(): Float32Array {
  return sigmaTable.map((value) => 2 * value - 1);
}

/** The second half first: index v of the result is entry v + half. */
function turned<Table extends Float32Array | Int32Array>(table: Table): Table {
  const result = table.slice() as Table;
  result.set(table.subarray(half), 0);
  result.set(table.subarray(0, half), half);
  return result;
}
