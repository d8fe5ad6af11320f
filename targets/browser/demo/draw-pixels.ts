import type { SampleForm } from './sample-form.ts';

const ink = [0x1a, 0x1d, 0x21] as const;

/** Draws pixels of this form over the whole canvas: ink on what is there, or a picture in colours. */
export function drawPixels(
  context: CanvasRenderingContext2D,
  pixels: Uint8Array,
  { width, height, channels }: SampleForm,
): void {
  const image = new ImageData(width, height);
  for (let pixel = 0; pixel < width * height; pixel++) {
    const colour =
      channels === 1
        ? [...ink, pixels[pixel] ?? 0]
        : [...pixels.subarray(3 * pixel, 3 * pixel + 3), 255];
    image.data.set(colour, 4 * pixel);
  }
  const small = new OffscreenCanvas(width, height);
  small.getContext('2d')?.putImageData(image, 0, 0);
  context.drawImage(small, 0, 0, context.canvas.width, context.canvas.height);
}
