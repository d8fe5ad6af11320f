// Small models with recurrent layers and embeddings: every cell, every way of learning, lengths, states
// and everything that may stand around them.
import type { CellName } from '#runtime';

import { casesOf } from './engine-cases.ts';
import type { CaseModel, CaseRecurrence, EngineCase } from './engine-cases.ts';
import { windowOf } from './random-model.ts';

const exactly: CaseRecurrence = { recurrence: { exactSteps: 4, earlier: 'exact' } };
const truncated: CaseRecurrence = { recurrence: { exactSteps: 4, earlier: 'none' } };
const byGates: CaseRecurrence = { recurrence: { exactSteps: 4, earlier: 'gates' } };
const byFeedback: CaseRecurrence = { ...byGates, segments: 3 };
const atOnce: CaseRecurrence = { recurrence: { exactSteps: 40, earlier: 'gates' }, segments: 1 };

const all = ['exact', 'exact'] as const;
const classes = 5;

function toOne(cell: CellName, sequences: CaseModel['sequences'] & string): CaseModel {
  return {
    shape: [11, 1, 5],
    sequences,
    isStepwise: sequences === 'whole',
    plans: [exactly, truncated, byGates, byFeedback, atOnce].map(
      (recurrence) => [all, null, recurrence] as const,
    ),
    build(model) {
      const x = model.recurrent(0, { cell, hiddenSize: 6, hasInitialState: true });
      model.cut();
      model.logits(x, classes);
      model.cut();
    },
  };
}

function toEveryStep(cell: CellName): CaseModel {
  return {
    shape: [9, 1, 4],
    sequences: 'lengths',
    isStepwise: true,
    plans: [exactly, truncated, byGates].map((recurrence) => [all, null, recurrence] as const),
    build(model) {
      const x = model.recurrent(0, { cell, hiddenSize: 7, output: 'sequence' });
      model.cut();
      model.stepLogits(x, classes);
      model.cut();
    },
  };
}

const models: { readonly [name: string]: CaseModel } = {
  'an LSTM': toOne('lstm', 'whole'),
  'a GRU': toOne('gru', 'whole'),
  'a plain recurrent layer': toOne('rnn', 'whole'),
  'an LSTM of short samples': toOne('lstm', 'lengths'),
  'a GRU of short samples': toOne('gru', 'lengths'),
  'a plain recurrent layer of short samples': toOne('rnn', 'lengths'),
  'an LSTM that goes on': toOne('lstm', 'states'),
  'a GRU that goes on': toOne('gru', 'states'),
  'labels for every step by an LSTM': toEveryStep('lstm'),
  'labels for every step by a GRU': toEveryStep('gru'),
  'labels for every step by a plain recurrent layer': toEveryStep('rnn'),
  'stacked layers after a convolution over time': {
    shape: [18, 1, 3],
    sequences: 'lengths',
    plans: [
      [['exact', 'exact', 'exact', 'exact'], null, byFeedback],
      [['exact-replay', 'exact-replay', 'exact', 'exact'], null, exactly],
      [['exact-replay', 'exact-replay', 'exact-replay', 'exact'], null, byGates],
      [['feedback-local', 'feedback-local', 'exact', 'exact'], { source: 'tail' }, byGates],
      [
        ['feedback-direct', 'feedback-local', 'feedback-local', 'exact'],
        { source: 'logits', grid: [1, 1] },
        byFeedback,
      ],
    ],
    build(model) {
      const window = windowOf([3, 1], { stride: 2, pads: [1, 0, 1, 0] });
      let x = model.conv(0, { outputChannels: 6, window, clamp: 'relu' });
      model.cut();
      x = model.recurrent(x, { cell: 'gru', hiddenSize: 8, output: 'sequence' });
      model.cut();
      x = model.recurrent(x, { cell: 'lstm', hiddenSize: 5 });
      model.cut();
      model.logits(x, classes);
      model.cut();
    },
  },
  'sequences of more than 32 chunks': {
    shape: [69, 1, 3],
    sequences: 'lengths',
    isStepwise: true,
    plans: (
      [
        { recurrence: { exactSteps: 2, earlier: 'exact' } },
        { recurrence: { exactSteps: 2, earlier: 'none' } },
        { recurrence: { exactSteps: 2, earlier: 'gates' }, segments: 3 },
      ] as const
    ).map((recurrence) => [['exact', 'exact', 'exact'], null, recurrence] as const),
    build(model) {
      let x = model.recurrent(0, { cell: 'lstm', hiddenSize: 4, output: 'sequence' });
      model.cut();
      x = model.recurrent(x, { cell: 'gru', hiddenSize: 5 });
      model.cut();
      model.logits(x, classes);
      model.cut();
    },
  },
  'tokens read in both directions': {
    shape: [10, 1, 1],
    sequences: 'lengths',
    plans: [
      [['frozen', 'frozen', 'exact', 'exact'], null, byFeedback],
      [['frozen', 'frozen', 'exact-replay', 'exact'], null, exactly],
      [['frozen', 'frozen', 'feedback-local', 'exact'], { source: 'tail' }, truncated],
    ],
    build(model) {
      let x = model.embedding(0, 4);
      model.cut();
      const both = [false, true].map((reverse) =>
        model.recurrent(x, { cell: 'lstm', hiddenSize: 4, output: 'sequence', reverse }),
      );
      x = model.concat(...both);
      model.cut();
      x = model.recurrent(x, { cell: 'gru', hiddenSize: 6 });
      model.cut();
      model.logits(x, classes);
      model.cut();
    },
  },
  'the last states of both directions': {
    shape: [7, 1, 4],
    sequences: 'lengths',
    plans: [[['frozen', 'exact']]],
    build(model) {
      const both = (['gru', 'rnn'] as const).map((cell, index) =>
        model.recurrent(0, { cell, hiddenSize: 5, reverse: index === 1, hasInitialState: true }),
      );
      const x = model.concat(...both);
      model.cut();
      model.logits(x, classes);
      model.cut();
    },
  },
  'recurrent weights of the full range': {
    shape: [9, 1, 6],
    weightLimit: 127,
    isStepwise: true,
    plans: [[['exact', 'exact', 'exact'], null, byFeedback]],
    build(model) {
      let x = model.conv(0, { outputChannels: 5, window: windowOf(1), clamp: 'relu' });
      model.cut();
      x = model.recurrent(x, { cell: 'gru', hiddenSize: 6 });
      model.cut();
      model.logits(model.lookup(x, 'leakyRelu'), classes);
      model.cut();
    },
  },
};

/** Fresh models on every call; nothing is shared. */
export function sequenceCases(): EngineCase[] {
  return casesOf(models, 101);
}
