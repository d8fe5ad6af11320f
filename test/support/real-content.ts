// Public models as content for engines: imported, quantised on random samples, with random feedback.
import { assemble, importModel, prepareImported } from '#exporters';
import type { AssembledContent } from '#exporters';
import { sizeOf } from '#runtime';

import { randomStream } from './random-stream.ts';

/** Names of the models that engines are compared on. */
export const realModels = ['resnet8_cifar10_int8_qdq', 'dscnn_kws_int8_qdq', 'mnist-8'] as const;

export function realContent(onnx: Uint8Array): AssembledContent {
  const imported = importModel(onnx);
  const random = randomStream(1);
  const length = 4 * sizeOf(imported.graph.inputShape);
  const x = Float32Array.from({ length }, () => Math.floor(256 * random()));
  const prepared = prepareImported(imported, { calibration: { x } });
  return assemble(prepared, { feedback: { kind: 'random' } });
}
