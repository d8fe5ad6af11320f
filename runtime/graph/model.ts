// A quantised model: a graph with int8 weights and the scale of every value. It is immutable but
// for `parameters`, whose arrays the learning engine updates in place.
import type { Graph } from './graph.ts';

/** real = scale * (quantised - zeroPoint), quantised in 0..255. */
export interface Quantization {
  readonly scale: number;
  readonly zeroPoint: number;
}

/** What a layer computes with; of a recurrent one, both its linear maps (linearMaps in cell.ts). Owned by the learner; engines update weights and bias. */
export interface LayerParameters {
  /** int8 in [-weightLimit, weightLimit], shape as the operator's weightShape. */
  readonly weights: Int8Array;
  /** int32 at scale inputScale * weightScales[o]. */
  readonly bias: Int32Array;
  /** real weight = weightScales[output channel] * weight. Fixed at export. */
  readonly weightScales: Float32Array;
}

/**
 * f as a table: outputs of the 256 inputs, and f' at them (real units, float32). Of an embedding, the
 * vectors of 256 tokens, one after another, and no slope.
 */
export interface LookupParameters {
  readonly table: Uint8Array;
  readonly slope: Float32Array;
}

export interface Model {
  readonly graph: Graph;
  /** By ValueId. Null only for the last value: float32 logits straight from a layer's accumulators. */
  readonly quantization: readonly (Quantization | null)[];
  /** By node index. */
  readonly layers: ReadonlyMap<number, LayerParameters>;
  readonly lookups: ReadonlyMap<number, LookupParameters>;
  /** Largest |weight|: 64 is exact on every CPU; 127 where a publisher's int8 model is kept as it is. */
  readonly weightLimit: 64 | 127;
}
