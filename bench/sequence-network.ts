// One recurrent layer and a head with random weights, for what depends on shapes only: memory and time.
import { exportPrograms } from '#exporters';
import type { FloatModel } from '#exporters';
import { cells } from '#runtime';
import type {
  CellName,
  EngineInput,
  Graph,
  LayerParameters,
  Model,
  Module,
  Recurrence,
} from '#runtime';

import { noise } from './networks.ts';

export interface SequenceSize {
  readonly cell: CellName;
  readonly steps: number;
  readonly features: number;
  readonly hiddenSize: number;
  readonly batch: number;
}

const classes = 10;

export function sequenceGraph({ cell, steps, features, hiddenSize }: SequenceSize): Graph {
  return {
    inputShape: [steps, 1, features],
    nodes: [
      {
        name: cell,
        operator: 'recurrent',
        attributes: { cell, hiddenSize, reverse: false, output: 'last', initialState: [] },
        inputs: [0],
      },
      {
        name: 'head',
        operator: 'dense',
        attributes: { outputChannels: classes, clamp: null },
        inputs: [1],
      },
    ],
  };
}

/** The recurrent layer, and the head. */
export function sequenceModules({ cell }: SequenceSize): Module[] {
  return [
    { name: cell, from: 0, to: 1 },
    { name: 'head', from: 1, to: 2 },
  ];
}

/**
 * What an engine is opened with; both layers learn, and steps before the exact ones take a state feedback of a tenth
 * of its weights. Without a recurrence the head alone learns.
 */
export function sequenceInput(size: SequenceSize, recurrence: Recurrence | null): EngineInput {
  const { cell, features, hiddenSize, batch } = size;
  const { gates, hasCellState } = cells[cell];
  const rows = gates * hiddenSize;
  const segments = 5;
  const state = (hasCellState ? 2 : 1) * hiddenSize;
  const layers = new Map([
    [0, randomLayer(rows * (features + hiddenSize), 2 * rows, 1)],
    [1, randomLayer(classes * hiddenSize, classes, 2)],
  ]);
  const model: Model = {
    graph: sequenceGraph(size),
    quantization: [{ scale: 1 / 64, zeroPoint: 128 }, { scale: 1 / 128, zeroPoint: 128 }, null],
    layers,
    lookups: new Map(),
    weightLimit: 64,
  };
  const content = {
    model,
    modules: sequenceModules(size),
    plan: {
      rules: [recurrence === null ? 'frozen' : 'exact', 'exact'],
      batchSize: batch,
      epochs: 1,
      learningRate: 0.06,
      feedbackRatio: 1,
      clip: 0.02,
      recurrence,
    },
    feedback: [],
    stateFeedback: [
      {
        node: 0,
        segments,
        matrix: Int8Array.from(noise(segments * hiddenSize * state, 3), (value) =>
          Math.abs(value) < 0.1 ? Math.round(value * 640) : 0,
        ),
        scales: new Float32Array(segments * hiddenSize).fill(0.001),
      },
    ],
  } satisfies Partial<EngineInput>;
  const programs = exportPrograms(content).map(({ name, bytes }) => [name, bytes] as const);
  return { ...content, parameters: layers, programs: new Map(programs) };
}

/** The same in float32. */
export function sequenceFloatModel(size: SequenceSize): FloatModel {
  const { cell, features, hiddenSize } = size;
  const rows = cells[cell].gates * hiddenSize;
  const small = (count: number, seed: number): Float32Array =>
    noise(count, seed).map((value) => value / Math.sqrt(hiddenSize));
  return {
    graph: sequenceGraph(size),
    parameters: new Map([
      [0, { weights: small(rows * (features + hiddenSize), 1), bias: small(2 * rows, 2) }],
      [1, { weights: small(classes * hiddenSize, 3), bias: small(classes, 4) }],
    ]),
  };
}

function randomLayer(weights: number, rows: number, seed: number): LayerParameters {
  return {
    weights: Int8Array.from(noise(weights, seed), (value) => Math.round(value * 64)),
    bias: Int32Array.from(noise(rows, seed + 100), (value) => Math.round(value * 100)),
    weightScales: new Float32Array(rows).fill(0.002),
  };
}
