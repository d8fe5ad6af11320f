// The page's icon: a forward mark on the accent colour, drawn from its distance to two line segments,
// so that every size is sharp. All of it lies in the circle that a launcher may cut out.
import { PNG } from 'pngjs';

const background = [0x0b, 0x5c, 0x8a] as const;
const mark = [0xff, 0xff, 0xff] as const;
/** In units of the icon's side. */
const strokeRadius = 0.055;
const strokes = [
  [0.4, 0.3, 0.6, 0.5],
  [0.6, 0.5, 0.4, 0.7],
] as const;

export function iconPng(side: number): Uint8Array {
  const png = new PNG({ width: side, height: side });
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const distance = Math.min(
        ...strokes.map((stroke) => toSegment((x + 0.5) / side, (y + 0.5) / side, stroke)),
      );
      const cover = Math.max(0, Math.min(1, (strokeRadius - distance) * side + 0.5));
      const colour = background.map((value, c) => value + cover * ((mark[c] ?? 0) - value));
      png.data.set([...colour, 255], 4 * (y * side + x));
    }
  }
  return PNG.sync.write(png, { colorType: 2 });
}

function toSegment(
  x: number,
  y: number,
  [x0, y0, x1, y1]: readonly [number, number, number, number],
): number {
  const [dx, dy] = [x1 - x0, y1 - y0];
  const along = ((x - x0) * dx + (y - y0) * dy) / (dx ** 2 + dy ** 2);
  const t = Math.max(0, Math.min(1, along));
  return Math.hypot(x - x0 - t * dx, y - y0 - t * dy);
}
