// A camera's frame as a training image: the middle of it in the model's proportions, scaled by the
// triangle filter, which is what Pillow's BILINEAR is and what `onward learn` does to image files.

interface Source {
  readonly width: number;
  readonly height: number;
}

/** The middle of `source` in the proportions of `target`. */
export function middleOf(
  source: Source,
  target: Source,
): Source & { readonly left: number; readonly top: number } {
  const zoom = Math.min(source.width / target.width, source.height / target.height);
  const [width, height] = [target.width, target.height].map((side) => Math.round(side * zoom)) as [
    number,
    number,
  ];
  return {
    width,
    height,
    left: (source.width - width) >> 1,
    top: (source.height - height) >> 1,
  };
}

/** Colours [height, width, 3], 0 to 255, of all of `image`; transparency is ignored. */
export function scalePicture(image: ImageData, { width, height }: Source): Uint8Array {
  const rows = new Float32Array(image.height * width * 3);
  for (const [x, { first, weights }] of filterTaps(image.width, width).entries()) {
    for (let y = 0; y < image.height; y++) {
      for (let colour = 0; colour < 3; colour++) {
        let [sum, at] = [0, (y * image.width + first) * 4 + colour];
        for (const weight of weights) {
          sum += weight * (image.data[at] ?? 0);
          at += 4;
        }
        rows[(y * width + x) * 3 + colour] = sum;
      }
    }
  }
  const scaled = new Uint8Array(height * width * 3);
  const stride = width * 3;
  for (const [y, { first, weights }] of filterTaps(image.height, height).entries()) {
    for (let index = 0; index < stride; index++) {
      let sum = 0;
      for (const [tap, weight] of weights.entries())
        sum += weight * (rows[(first + tap) * stride + index] ?? 0);
      scaled[y * stride + index] = Math.round(sum);
    }
  }
  return scaled;
}

interface Taps {
  readonly first: number;
  readonly weights: Float64Array;
}

/**
 * One output is the sum of weights[i] * input[first + i]; a weight falls linearly from the middle of
 * the output's share of the input to the middles of its neighbours'.
 */
function filterTaps(inputs: number, outputs: number): Taps[] {
  const scale = inputs / outputs;
  const reach = Math.max(scale, 1);
  return Array.from({ length: outputs }, (_, output) => {
    const centre = (output + 0.5) * scale;
    const first = Math.max(0, Math.floor(centre - reach + 0.5));
    const end = Math.min(inputs, Math.floor(centre + reach + 0.5));
    const weights = Float64Array.from({ length: end - first }, (__, index) =>
      Math.max(0, 1 - Math.abs(first + index + 0.5 - centre) / reach),
    );
    const sum = weights.reduce((total, weight) => total + weight, 0);
    return { first, weights: weights.map((weight) => weight / sum) };
  });
}
