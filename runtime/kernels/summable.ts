import { EngineError } from '../errors.ts';

/** A uint8 x uint8 sum over more positions could leave int32: 255 * 255 * 33026 > 2^31. */
export const maximumPositions = 33_025;

/** Throws EngineError, with the batch that fits, where a weight gradient's sums could leave int32. */
export function requireSummable(name: string, positions: number, batch: number): void {
  if (batch * positions <= maximumPositions) return;
  const fitting = Math.floor(maximumPositions / positions);
  const cure =
    fitting > 0
      ? `use a batch of at most ${fitting}`
      : 'freeze its module, no batch is small enough';
  throw new EngineError(
    `${name}: expected at most ${maximumPositions} positions in a trained batch, got ${batch} x ${positions}; ${cure}`,
  );
}
