// An image as a sample: the middle of it in the model's proportions, scaled to the model's size.
// Values are 0 to 255; what the model makes of them is in the package's input description.
import { InputError } from '#runtime';

import { filterTaps } from './filter-taps.ts';
import { decodeImage } from './image.ts';
import type { Image } from './image.ts';
import { planesFirst } from './planes-first.ts';
import type { SampleForm } from './samples.ts';

/** Values of one sample in the form's layout. Transparency is ignored, as in most training code. */
export function imageSample(bytes: Buffer, form: SampleForm, where: string): Float32Array {
  const [height, width, channels] = form.shape;
  if (channels !== 1 && channels !== 3) {
    throw new InputError(
      `${where}: expected a package that takes grey or RGB images, got one of ${channels} channels; give .npz`,
    );
  }
  // Images against a model of, say, 0..1 would all look white to it.
  if (form.largest < 16) {
    throw new InputError(
      `${where}: expected a package that takes values 0 to 255, got one up to ${form.largest.toPrecision(3)}; export with --mean and --std`,
    );
  }
  const colours = scaleImage(decodeImage(bytes, where), width, height);
  const values = channels === 1 ? luminance(colours) : colours;
  return form.layout === 'nhwc' ? values : planesFirst(values, channels);
}

// [height, width, 3]: the middle of the image in these proportions.
function scaleImage(image: Image, width: number, height: number): Float32Array {
  const zoom = Math.min(image.width / width, image.height / height);
  const [cropWidth, cropHeight] = [width, height].map((n) => Math.max(1, Math.round(n * zoom)));
  const left = (image.width - (cropWidth ?? 1)) >> 1;
  const top = (image.height - (cropHeight ?? 1)) >> 1;
  const rows = scaleRows(image, { left, width: cropWidth ?? 1 }, width);
  const scaled = new Float32Array(height * width * 3);
  for (const [y, { first, weights }] of filterTaps(top, cropHeight ?? 1, height).entries()) {
    const output = scaled.subarray(y * width * 3, (y + 1) * width * 3);
    for (const [tap, weight] of weights.entries()) {
      const input = rows.subarray((first + tap) * width * 3, (first + tap + 1) * width * 3);
      for (const [index, value] of input.entries())
        output[index] = (output[index] ?? 0) + weight * value;
    }
  }
  return scaled;
}

// All rows, the columns of `crop` scaled to `width`: [image.height, width, 3].
function scaleRows(
  image: Image,
  crop: { readonly left: number; readonly width: number },
  width: number,
): Float32Array {
  const rows = new Float32Array(image.height * width * 3);
  for (const [x, { first, weights }] of filterTaps(crop.left, crop.width, width).entries()) {
    for (let y = 0; y < image.height; y++) {
      for (let colour = 0; colour < 3; colour++) {
        let sum = 0;
        let offset = (y * image.width + first) * 4 + colour;
        for (const weight of weights) {
          sum += weight * (image.data[offset] ?? 0);
          offset += 4;
        }
        rows[(y * width + x) * 3 + colour] = sum;
      }
    }
  }
  return rows;
}

// ITU-R BT.601, as Pillow's convert('L').
function luminance(colours: Float32Array): Float32Array {
  return Float32Array.from({ length: colours.length / 3 }, (_, pixel) => {
    const [red = 0, green = 0, blue = 0] = colours.subarray(3 * pixel, 3 * pixel + 3);
    return 0.299 * red + 0.587 * green + 0.114 * blue;
  });
}
