// Time of one step of a stream on ONNX Runtime, against a bare recurrent node of the same size in float32, in turn in
// one process: medians and their difference, since what is asked is what a step costs beside the matrix work.
import { InferenceSession, Tensor } from 'onnxruntime-node';

import { GraphBuilder } from '#exporters';
import type { SequenceState } from '#runtime';

import { floatSessionOptions } from '../targets/raspberry-pi/commands/bench/float-network.ts';
import { openOnnxRuntimeEngine } from '../targets/raspberry-pi/engine/onnx-runtime-engine.ts';
import { noise } from './networks.ts';
import { median } from './personalize.ts';
import { sequenceInput } from './sequence-network.ts';

export interface StreamTimes {
  /** One predictStep of a recurrent layer and a head of ten classes. */
  readonly stepMicroseconds: number;
  /** One run of a node LSTM or GRU over one step. */
  readonly nodeMicroseconds: number;
}

const features = 64;
const hiddenSize = 128;

/** H = 128, I = 64, batch 1, one thread. */
export async function streamTimes(cell: 'lstm' | 'gru', rounds = 2000): Promise<StreamTimes> {
  const size = { cell, steps: 16, features, hiddenSize, batch: 1 };
  const input = sequenceInput(size, { exactSteps: 8, earlier: 'gates' });
  await using engine = await openOnnxRuntimeEngine(input);
  const session = await InferenceSession.create(bareNode(cell), floatSessionOptions);
  const samples = Uint8Array.from(noise(features, 1), (value) => 128 + Math.round(value * 64));
  const feeds = bareFeeds(cell);
  let state: SequenceState | null = null;
  const times = { step: [] as number[], node: [] as number[] };
  for (let round = 0; round < rounds + 100; round++) {
    const started = performance.now();
    state = (await engine.predictStep(samples, 1, state)).state;
    const between = performance.now();
    const { h, c } = await session.run(feeds);
    const ended = performance.now();
    if (h !== undefined) feeds['initialH'] = h;
    if (c !== undefined) feeds['initialC'] = c;
    if (round < 100) continue;
    times.step.push(between - started);
    times.node.push(ended - between);
  }
  await session.release();
  return {
    stepMicroseconds: median(times.step) * 1000,
    nodeMicroseconds: median(times.node) * 1000,
  };
}

function bareFeeds(cell: 'lstm' | 'gru'): Record<string, Tensor> {
  return {
    x: new Tensor('float32', noise(features, 1), [1, 1, features]),
    initialH: zeroState(),
    ...(cell === 'lstm' ? { initialC: zeroState() } : {}),
  };
}

function zeroState(): Tensor {
  return new Tensor('float32', new Float32Array(hiddenSize), [1, 1, hiddenSize]);
}

function smallNoise(count: number, seed: number): Float32Array {
  return noise(count, seed).map((value) => value / 10);
}

/** X [1, 1, features] and the states to the states after it. */
function bareNode(cell: 'lstm' | 'gru'): Uint8Array {
  const graph = new GraphBuilder();
  const isLstm = cell === 'lstm';
  const rows = (isLstm ? 4 : 3) * hiddenSize;
  const stateNames = ['initialH', ...(isLstm ? ['initialC'] : [])];
  const inputs = [
    graph.input('x', 'float32', [1, 1, features]),
    graph.constant('w', smallNoise(rows * features, 2), [1, rows, features]),
    graph.constant('r', smallNoise(rows * hiddenSize, 3), [1, rows, hiddenSize]),
    '',
    '',
    ...stateNames.map((name) => graph.input(name, 'float32', [1, 1, hiddenSize])),
  ];
  const outputs = ['', 'h', ...(isLstm ? ['c'] : [])];
  const attributes = { hidden_size: hiddenSize, ...(isLstm ? {} : { linear_before_reset: 1 }) };
  graph.nodeWithOutputs(isLstm ? 'LSTM' : 'GRU', inputs, outputs, { attributes });
  for (const name of outputs.slice(1)) graph.output(name, 'float32', [1, 1, hiddenSize]);
  return graph.build();
}
