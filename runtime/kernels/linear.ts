// The integer arithmetic of conv and dense, which differ in their geometry only.
// n sample, p output position, q input position, k kernel offset, c input channel, o output channel.
import { clampRange } from './clamp-range.ts';
import type { LayerGradient } from './layer-kernel.ts';
import { quantizeError } from './quantize-error.ts';
import { multipliers, quantize } from './requantize.ts';
import { parametersOf, quantizationOf } from './site.ts';
import type { LayerSite } from './site.ts';
import { requireSummable } from './summable.ts';
import { windowProducts, windowSums } from './window-sums.ts';
import type { WindowGeometry } from './window-sums.ts';

// acc[p, o] = b[o] + sum over k, c of w[o, k, c] (x[gather(p, k), c] - z_x)
// y = min(hi, max(lo, rne(f32(f32(acc) * m[o])) + z_y)), m[o] = f32(f32(s_x * s_w[o]) / s_y)
export function linearForward(
  site: LayerSite,
  geometry: WindowGeometry,
  input: Uint8Array,
  batch: number,
): Uint8Array {
  const { weights, bias, weightScales } = parametersOf(site);
  const { scale, zeroPoint } = site.inputQuantization[0]!;
  const quantization = quantizationOf(site);
  const m = multipliers(scale, weightScales, quantization.scale);
  const { lo, hi } = clampRange(site.attributes.clamp, quantization);
  const zero = quantization.zeroPoint;
  const { rows, positions } = geometry;
  const output = new Uint8Array(batch * positions * rows);
  windowSums(geometry, weights, { values: input, zeroPoint }, batch, (sums, at) => {
    for (let o = 0; o < rows; o++) {
      const acc = (sums[o]! + bias[o]!) | 0;
      output[at * rows + o] = quantize(Math.fround(Math.fround(acc) * m[o]!), zero, lo, hi);
    }
  });
  return output;
}

// y = f32(f32(acc) * f32(s_x * s_w[o])), no clamp
export function linearLogits(
  site: LayerSite,
  geometry: WindowGeometry,
  input: Uint8Array,
  batch: number,
): Float32Array {
  const { weights, bias, weightScales } = parametersOf(site);
  const { scale, zeroPoint } = site.inputQuantization[0]!;
  const m = multipliers(scale, weightScales, null);
  const { rows, positions } = geometry;
  const output = new Float32Array(batch * positions * rows);
  windowSums(geometry, weights, { values: input, zeroPoint }, batch, (sums, at) => {
    for (let o = 0; o < rows; o++) {
      output[at * rows + o] = Math.fround((sums[o]! + bias[o]!) | 0) * m[o]!;
    }
  });
  return output;
}

// d, s_d, z_d = Q(g);  A[o, k, c] = sum over n, p of (d[n, p, o] - z_d) (x[n, gather(p, k), c] - z_x)
// a[o] = sum over n, p of (d[n, p, o] - z_d)
export function linearWeightGradient(
  site: LayerSite,
  geometry: WindowGeometry,
  input: Uint8Array,
  gradient: Float32Array,
  batch: number,
): LayerGradient {
  requireSummable(site.name, geometry.positions, batch);
  const { values, scale, zeroPoint } = quantizeError(gradient, site.name);
  const source = { values: input, zeroPoint: site.inputQuantization[0]!.zeroPoint };
  const weights = windowProducts(geometry, { values, zeroPoint }, source, batch);
  const bias = new Int32Array(geometry.rows);
  for (let i = 0; i < values.length; i += bias.length) {
    for (let o = 0; o < bias.length; o++) bias[o]! += values[i + o]! - zeroPoint;
  }
  return { weights, bias, errorScale: scale };
}

// h = f32(g * s_w[o]);  e, s_e, z_e = Q(h);  G[q, c] = sum over k, o of w[o, k, c] (e[scatter(q, k), o] - z_e)
// gradient of x = f32(f32(G) * s_e)
export function linearInputGradient(
  site: LayerSite,
  scattered: WindowGeometry,
  gradient: Float32Array,
  batch: number,
): Float32Array {
  const { weights, weightScales } = parametersOf(site);
  const scaled = new Float32Array(gradient.length);
  const outputs = weightScales.length;
  for (let i = 0; i < scaled.length; i++) scaled[i] = gradient[i]! * weightScales[i % outputs]!;
  const { values, scale, zeroPoint } = quantizeError(scaled, site.name);
  const { rows, positions } = scattered;
  const result = new Float32Array(batch * positions * rows);
  const matrix = transposeWeights(weights, scattered);
  windowSums(scattered, matrix, { values, zeroPoint }, batch, (sums, at) => {
    for (let c = 0; c < rows; c++) result[at * rows + c] = Math.fround(sums[c]!) * scale;
  });
  return result;
}

/** [c, k, o within the group] from [o, k, c within the group]: rows along which errors are summed. */
function transposeWeights(weights: Int8Array, scattered: WindowGeometry): Int8Array {
  const { offsets, groups } = scattered;
  const inputsPerGroup = scattered.rows / groups;
  const outputsPerGroup = scattered.channels / groups;
  const result = new Int8Array(weights.length);
  let i = 0;
  for (let o = 0; o < scattered.channels; o++) {
    const first = Math.trunc(o / outputsPerGroup) * inputsPerGroup;
    for (let k = 0; k < offsets; k++) {
      for (let c = first; c < first + inputsPerGroup; c++) {
        result[(c * offsets + k) * outputsPerGroup + (o % outputsPerGroup)] = weights[i++]!;
      }
    }
  }
  return result;
}
