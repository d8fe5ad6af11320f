// Where the names of points stand so that none covers another: the nearest free place around each point. Pixels, y down.

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Labelled extends Point {
  readonly label: string;
  /** Where its label looks for room first. */
  readonly prefers: 'above' | 'beside';
}

export interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** Of letters in the charts' font of 12 pixels. */
const [letterWidth, lineHeight] = [6.6, 14];
const dotRadius = 7;
const distances = [10, 18, 28, 40, 54, 70, 88, 108];
/** Right and down, in the order in which they are tried. */
const directions = {
  above: [
    [-0.8, -0.6],
    [0, -1],
    [0.8, -0.6],
    [1, 0],
    [-1, 0],
    [0.8, 0.6],
    [0, 1],
  ],
  beside: [
    [1, 0],
    [0.8, 0.6],
    [0, 1],
    [-0.2, 1],
    [-0.8, 0.6],
    [0.8, -0.6],
    [0, -1],
    [-0.2, -1],
    [-1, 0],
  ],
} as const;

/**
 * The middle of each label, in the order of the points; the first points choose first. A label for which no place is
 * free stands to the right of its point.
 */
export function labelPlaces(points: readonly Labelled[], within: Box): Point[] {
  const taken: Box[] = points.map(({ x, y }) => around({ x, y }, dotRadius, dotRadius));
  return points.map((point, index) => {
    const places = placesOf(point);
    const free = places.find(({ box }) => {
      const isInside =
        box.left >= within.left &&
        box.right <= within.right &&
        box.top >= within.top &&
        box.bottom <= within.bottom;
      return isInside && !taken.some((other, at) => at !== index && overlap(box, other));
    });
    const { middle, box } = free ?? places[0]!;
    taken.push(box);
    return middle;
  });
}

function placesOf({ x, y, label, prefers }: Labelled): { middle: Point; box: Box }[] {
  const halfWidth = (label.length * letterWidth) / 2;
  return distances.flatMap((distance) =>
    directions[prefers].map(([right, down]) => {
      const middle = {
        x: x + right * distance + Math.sign(right) * halfWidth,
        y: y + down * (distance + lineHeight / 4),
      };
      return { middle, box: around(middle, halfWidth, lineHeight / 2) };
    }),
  );
}

function around({ x, y }: Point, halfWidth: number, halfHeight: number): Box {
  return { left: x - halfWidth, right: x + halfWidth, top: y - halfHeight, bottom: y + halfHeight };
}

function overlap(a: Box, b: Box): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}
