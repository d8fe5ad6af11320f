/** Height, width and channels of one sample. Tensors are NHWC: [batch, height, width, channels]. */
export type Shape = readonly [height: number, width: number, channels: number];

/** Elements of one sample. */
export function sizeOf([height, width, channels]: Shape): number {
  return height * width * channels;
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a[0] === b[0] && a[1] === b[1] && a[2] === b[2];
}

/** `32x32x16`, as messages and tables print a shape. */
export function showShape(shape: Shape): string {
  return shape.join('x');
}
