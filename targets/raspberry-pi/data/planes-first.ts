/** nhwc -> nchw: all positions of the first channel, then of the next. */
export function planesFirst(values: Float32Array, channels: number): Float32Array {
  const positions = values.length / channels;
  const planes = new Float32Array(values.length);
  for (let position = 0; position < positions; position++) {
    for (let channel = 0; channel < channels; channel++) {
      planes[channel * positions + position] = values[position * channels + channel] ?? 0;
    }
  }
  return planes;
}
