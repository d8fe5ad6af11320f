// A drawing as MNIST has its digits: the longer side scaled to 20 pixels, and the centre of mass in
// the middle of 28 x 28. Each pixel is the mean ink of the square it covers, fractions included, read
// from sums over rectangles: sums(x, y) is the ink above and left of (x, y), bilinear in between.
const side = 28;
const fitted = 20;
/** A dot stays a dot: nothing is enlarged beyond this share of the pad. */
const smallestShare = 0.2;
/** Alpha below it is the fringe of a stroke. */
const fringe = 16;

interface Extent {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  /** Centre of mass. */
  readonly x: number;
  readonly y: number;
}

/** 28 x 28 pixels of ink from a drawing's alpha channel; null for an empty one. */
export function digitImage({ data, width, height }: ImageData): Uint8Array | null {
  const ink = (x: number, y: number): number => data[4 * (y * width + x) + 3] ?? 0;
  const extent = extentOf(ink, width, height);
  if (extent === null) return null;
  const { left, top, right, bottom } = extent;
  const longest = Math.max(right - left, bottom - top, smallestShare * Math.max(width, height));
  const scale = longest / fitted;
  const sums = rectangleSums(ink, width, height);
  const pixels = new Uint8Array(side * side);
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      const x0 = extent.x + (column - side / 2) * scale;
      const y0 = extent.y + (row - side / 2) * scale;
      const [x1, y1] = [x0 + scale, y0 + scale];
      const total = sums(x1, y1) - sums(x0, y1) - sums(x1, y0) + sums(x0, y0);
      pixels[row * side + column] = Math.round(total / scale ** 2);
    }
  }
  return pixels;
}

function extentOf(
  ink: (x: number, y: number) => number,
  width: number,
  height: number,
): Extent | null {
  let [left, top, right, bottom] = [width, height, 0, 0];
  let [mass, massX, massY] = [0, 0, 0];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const value = ink(x, y);
      if (value < fringe) continue;
      left = Math.min(left, x);
      right = Math.max(right, x + 1);
      top = Math.min(top, y);
      bottom = y + 1;
      mass += value;
      massX += value * (x + 0.5);
      massY += value * (y + 0.5);
    }
  }
  if (mass === 0) return null;
  return { left, top, right, bottom, x: massX / mass, y: massY / mass };
}

function rectangleSums(
  ink: (x: number, y: number) => number,
  width: number,
  height: number,
): (x: number, y: number) => number {
  const stride = width + 1;
  const table = new Float64Array(stride * (height + 1));
  const at = (column: number, row: number): number => table[row * stride + column] ?? 0;
  for (let y = 0; y < height; y++) {
    let row = 0;
    for (let x = 0; x < width; x++) {
      row += ink(x, y);
      table[(y + 1) * stride + x + 1] = at(x + 1, y) + row;
    }
  }
  return (x, y) => {
    const [fx, fy] = [clamp(x, width), clamp(y, height)];
    const [left, top] = [Math.min(Math.floor(fx), width - 1), Math.min(Math.floor(fy), height - 1)];
    const [right, down] = [fx - left, fy - top];
    return (
      (1 - down) * ((1 - right) * at(left, top) + right * at(left + 1, top)) +
      down * ((1 - right) * at(left, top + 1) + right * at(left + 1, top + 1))
    );
  };
}

function clamp(value: number, most: number): number {
  return Math.max(0, Math.min(most, value));
}
