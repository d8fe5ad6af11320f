import { pixelCount, side } from './digit-record.ts';

const ink = [0x1a, 0x1d, 0x21] as const;

/** Draws 28 x 28 pixels of ink over the whole canvas. */
export function drawDigit(context: CanvasRenderingContext2D, pixels: Uint8Array): void {
  const image = new ImageData(side, side);
  for (let pixel = 0; pixel < pixelCount; pixel++) {
    image.data.set([...ink, pixels[pixel] ?? 0], 4 * pixel);
  }
  const small = new OffscreenCanvas(side, side);
  small.getContext('2d')?.putImageData(image, 0, 0);
  const { width, height } = context.canvas;
  context.drawImage(small, 0, 0, width, height);
}
