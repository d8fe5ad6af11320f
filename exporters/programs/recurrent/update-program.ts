// The summed gradients of a recurrent layer become new weights.
import type { ProgramFrame } from '../program-frame.ts';
import type { Site } from '../site.ts';
import { addUpdates } from '../weight-update.ts';
import { summedMap } from './gradient-sums.ts';
import { mapsOf } from './linear-map.ts';

/** New weights and biases of both maps from their summed gradients. */
export function addRecurrentUpdate(frame: ProgramFrame, module: number): void {
  const { graph, sites } = frame;
  const maps = mapsOf(sites[frame.range(module, module + 1).from] as Site<'recurrent'>);
  const layers = [summedMap(graph, maps.input), summedMap(graph, maps.hidden)];
  addUpdates(graph, { layers, before: [] });
}
