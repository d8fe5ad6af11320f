// The places where a pool's window meets its input, channel by channel; padding is left out.
// q input position, p output position, k window offset.
import { gatherTable, scatterTable } from '../graph/window.ts';
import type { Site } from './site.ts';

type PoolSite = Site<'maxPool'> | Site<'averagePool'>;

/** x and y are the element indices of a position's first channel. */
type UseTap = (x: number, y: number) => void;

/** For every p, its q by ascending k. */
export function forEachRead(site: PoolSite, batch: number, use: UseTap): void {
  const table = gatherTable(site.inputShapes[0]!, site.attributes.window);
  forEachEntry(table, positions(site.outputShape), positions(site.inputShapes[0]!), batch, (p, q) =>
    use(q * site.outputShape[2], p * site.outputShape[2]),
  );
}

/** For every q, the p that read it by ascending k. */
export function forEachReach(site: PoolSite, batch: number, use: UseTap): void {
  const table = scatterTable(site.inputShapes[0]!, site.attributes.window);
  forEachEntry(table, positions(site.inputShapes[0]!), positions(site.outputShape), batch, (q, p) =>
    use(q * site.outputShape[2], p * site.outputShape[2]),
  );
}

function positions([height, width]: readonly [number, number, number]): number {
  return height * width;
}

function forEachEntry(
  table: Int32Array,
  from: number,
  to: number,
  batch: number,
  use: (from: number, to: number) => void,
): void {
  const offsets = table.length / from;
  for (let n = 0; n < batch; n++) {
    for (let entry = 0; entry < table.length; entry++) {
      const target = table[entry]!;
      if (target !== to) use(n * from + Math.trunc(entry / offsets), n * to + target);
    }
  }
}
