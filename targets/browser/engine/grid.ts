// Gradients that a feedback gives on a coarser grid than the value's own positions. They are read where
// they lie, so that the full size is never stored.
import { places } from './window.ts';

/** A gradient on a coarser grid: position (y, x) takes cell (floor(y gridHeight / height), floor(x gridWidth / width)). */
export interface Grid {
  readonly height: number;
  readonly width: number;
  readonly gridHeight: number;
  readonly gridWidth: number;
}

/** GLSL: the texel of a gradient on a grid that texel i of a value of its full size takes. */
export const gridCells: string = `
${places}
int cellOf(int i) {
  if (gridHeight == 0) return i;
  Place p = placeOf(i, height, width, channelQuads);
  int cell = (p.group * gridHeight + p.y * gridHeight / height) * gridWidth + p.x * gridWidth / width;
  return cell * channelQuads + p.quad;
}
`;

/** Uniforms of gridCells; without a grid every texel takes its own. */
export function gridUniforms(
  grid: Grid | null,
  channelQuads: number,
): Readonly<Record<keyof Grid | 'channelQuads', number>> {
  return { ...(grid ?? { height: 0, width: 0, gridHeight: 0, gridWidth: 0 }), channelQuads };
}
