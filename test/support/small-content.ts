// The smallest package with something of everything: a convolution with a feedback of its own, a
// table, and a classifier with a spare row. Tests change one thing in it.
import type { PackageContent } from '#runtime';

export function smallContent(): PackageContent {
  return {
    model: {
      graph: {
        inputShape: [3, 3, 1],
        nodes: [
          {
            name: 'conv',
            operator: 'conv',
            attributes: {
              window: { kernel: [3, 3], stride: [1, 1], dilation: [1, 1], pads: [1, 1, 1, 1] },
              outputChannels: 2,
              groups: 1,
              clamp: { minimum: 0, maximum: Infinity },
            },
            inputs: [0],
          },
          {
            name: 'sigmoid',
            operator: 'lookup',
            attributes: { activation: 'sigmoid', parameters: [] },
            inputs: [1],
          },
          {
            name: 'head',
            operator: 'dense',
            attributes: { outputChannels: 3, clamp: null },
            inputs: [2],
          },
        ],
      },
      quantization: [
        { scale: 0.5, zeroPoint: 128 },
        { scale: 0.25, zeroPoint: 0 },
        { scale: 1 / 256, zeroPoint: 0 },
        null,
      ],
      layers: new Map([
        [
          0,
          {
            weights: Int8Array.from({ length: 18 }, (_, i) => i - 9),
            bias: Int32Array.of(100, -100),
            weightScales: Float32Array.of(0.5, 0.25),
          },
        ],
        [
          2,
          {
            weights: Int8Array.from({ length: 54 }, (_, i) => 2 * i - 54),
            bias: Int32Array.of(1, 2, 3),
            weightScales: Float32Array.of(1, 2, 4),
          },
        ],
      ]),
      lookups: new Map([
        [
          1,
          {
            table: Uint8Array.from({ length: 256 }, (_, i) => i),
            slope: new Float32Array(256).fill(0.25),
          },
        ],
      ]),
      weightLimit: 64,
    },
    modules: [
      { name: 'conv', from: 0, to: 2 },
      { name: 'head', from: 2, to: 3 },
    ],
    plan: {
      rules: ['feedback-direct', 'exact'],
      batchSize: 4,
      epochs: 2,
      learningRate: 0.06,
      feedbackRatio: 0.3,
      clip: 0.02,
      recurrence: null,
    },
    stateFeedback: [],
    feedback: [
      {
        target: 1,
        source: 'tail',
        kernel: 1,
        dilation: 1,
        groups: 1,
        grid: [3, 3],
        matrix: Int8Array.of(3, 0, 0, -3),
        scales: Float32Array.of(0.5, 0.5),
      },
    ],
    input: { layout: 'nchw', mean: [0.5], deviation: [0.25], sound: null },
    labels: ['no', 'yes'],
    examples: { samples: new Uint8Array(0), labels: [] },
    programs: [{ target: 'raspberry-pi', name: 'learn', bytes: Uint8Array.of(1, 2, 3) }],
    provenance: {
      source: 'model.onnx',
      sourceSha256: '',
      exporter: 'onward',
      calibrationSamples: 16,
      floatAccuracy: 0.915,
      int8Accuracy: null,
      alignment: [{ layer: 'conv', cosine: 0.75 }],
    },
  };
}
