// The gradients of a recurrent layer's two linear maps, summed over the calls of a sequence in float32.
import type { LayerGradient } from '../layer-kernel.ts';
import { quantizeError } from '../quantize-error.ts';
import { windowProducts } from '../window-sums.ts';

/** G and g of one map: real gradient = s_x * weights, and bias. */
export interface MapGradient {
  readonly weights: Float32Array;
  readonly bias: Float32Array;
}

export function emptyGradient(rows: number, columns: number): MapGradient {
  return { weights: new Float32Array(rows * columns), bias: new Float32Array(rows) };
}

/** What a map read at the steps of a chunk: uint8 [positions, columns]. */
interface MapInput {
  readonly values: Uint8Array;
  readonly zeroPoint: number;
}

// d, s_d, z_d = Q(gradient);  A[o, c] = sum over p of (d[p, o] - z_d) (x[p, c] - z_x);  a[o] = sum over p of (d[p, o] - z_d)
// G = f32(G + f32(f32(A) * s_d));  g = f32(g + f32(f32(a) * s_d))
/** Adds a chunk's part to `sum`; `gradient` is float32 [positions, rows]. */
export function addToGradient(
  sum: MapGradient,
  gradient: Float32Array,
  input: MapInput,
  name: string,
): void {
  const { values, scale, zeroPoint } = quantizeError(gradient, name);
  const rows = sum.bias.length;
  const geometry = {
    table: Int32Array.of(0),
    positions: 1,
    offsets: 1,
    inputs: 1,
    channels: sum.weights.length / rows,
    rows,
    groups: 1,
  };
  const products = windowProducts(geometry, { values, zeroPoint }, input, values.length / rows);
  for (let i = 0; i < products.length; i++) {
    sum.weights[i]! += Math.fround(Math.fround(products[i]!) * scale);
  }
  const bias = new Int32Array(rows);
  for (let i = 0; i < values.length; i += rows) {
    for (let o = 0; o < rows; o++) bias[o]! += values[i + o]! - zeroPoint;
  }
  for (let o = 0; o < rows; o++) sum.bias[o]! += Math.fround(Math.fround(bias[o]!) * scale);
}

/** As an update takes it: A = G, a = g, s_d = 1. */
export function layerGradient({ weights, bias }: MapGradient): LayerGradient {
  return { weights, bias, errorScale: 1 };
}
