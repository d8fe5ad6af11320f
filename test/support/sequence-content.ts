// Small packages of sequences, for the learner and its streams: eight steps of three features, an LSTM,
// and two classes, of the whole sequence or of every step.
import type { PackageContent } from '#runtime';

import { RandomModel } from './random-model.ts';

export function sequenceContent(labels: 'one' | 'every step'): PackageContent {
  const random = new RandomModel(3, [8, 1, 3]);
  const output = labels === 'one' ? 'last' : 'sequence';
  const hidden = random.recurrent(0, {
    cell: 'lstm',
    hiddenSize: 6,
    output,
    hasInitialState: true,
  });
  random.cut();
  if (labels === 'one') random.logits(hidden, 2, 1);
  else random.stepLogits(hidden, 2);
  random.cut();
  return {
    ...random.finish(),
    plan: {
      rules: ['exact', 'exact'],
      batchSize: 4,
      epochs: 2,
      learningRate: 0.1,
      feedbackRatio: 1,
      clip: 0.05,
      recurrence: { exactSteps: 3, earlier: 'exact' },
    },
    feedback: [],
    stateFeedback: [],
    input: { layout: 'nhwc', mean: [0, 0, 0], deviation: [1, 1, 1], sound: null },
    labels: ['no', 'yes'],
    examples: { samples: new Uint8Array(0), labels: [] },
    programs: [],
    provenance: {
      source: 'model.onnx',
      sourceSha256: '',
      exporter: 'onward',
      calibrationSamples: 1,
      floatAccuracy: null,
      int8Accuracy: null,
      alignment: [],
    },
  };
}
