import type { LayerParameters } from '#runtime';

/** A recurrent layer's parameters from those of its two linear maps: W first, then U, as linearMaps takes them apart. */
export function joinMaps(input: LayerParameters, hidden: LayerParameters): LayerParameters {
  return {
    weights: joined(Int8Array, input.weights, hidden.weights),
    bias: joined(Int32Array, input.bias, hidden.bias),
    weightScales: joined(Float32Array, input.weightScales, hidden.weightScales),
  };
}

function joined<Values extends Int8Array | Int32Array | Float32Array>(
  kind: new (length: number) => Values,
  a: Values,
  b: Values,
): Values {
  const both = new kind(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
