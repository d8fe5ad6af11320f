// The gradients of recurrent layers against backpropagation through time in real numbers, and the ways of
// learning against each other. Hidden states of 8 bits and tabled gates turn a gradient by a few degrees.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { cosine, dequantize, RandomModel, randomStateFeedback, randomStream } from '#test-support';

import {
  addStepGradient,
  backpropagateThroughTime,
  realSteps,
  zeroGradient,
} from '../../../test/support/real-recurrent.ts';
import type {
  RealGradient,
  RealRecurrent,
  RealState,
  RealStateGradient,
  RealStep,
} from '../../../test/support/real-recurrent.ts';
import { cells, hiddenQuantization, linearMaps } from '../../graph/cell.ts';
import type { CellName } from '../../graph/cell.ts';
import type { Model } from '../../graph/model.ts';
import type { StateFeedback } from '../../learning/plan.ts';
import type { Recurrence } from '../../learning/recurrence.ts';
import { loadSequenceKernel } from '../sequence-kernel.ts';
import { sitesOf } from '../site.ts';
import type { Site } from '../site.ts';
import { forwardSequence } from './forward-sequence.ts';
import { learnSequence } from './learn-sequence.ts';
import { plainContext } from './sequence-context.ts';

const test = suite('runtime/kernels/recurrent/learn-sequence');

const sequences = await loadSequenceKernel();

const [steps, features, hiddenSize, batch] = [12, 5, 8, 3];
const names: readonly CellName[] = ['lstm', 'gru', 'rnn'];

interface Subject {
  readonly model: Model;
  readonly site: Site<'recurrent'>;
  /** uint8 [batch, steps, features]. */
  readonly input: Uint8Array;
  /** At the output: [batch, steps or 1, hiddenSize]. */
  readonly gradient: Float32Array;
}

function subjectOf(cell: CellName, output: 'sequence' | 'last'): Subject {
  const builder = new RandomModel(1, [steps, 1, features]);
  builder.recurrent(0, { cell, hiddenSize, output, hasInitialState: true });
  const { model } = builder.finish();
  const random = randomStream(2);
  const length = batch * steps * features;
  const input = Uint8Array.from({ length }, () => Math.floor(random() * 256));
  const size = batch * hiddenSize * (output === 'last' ? 1 : steps);
  const gradient = Float32Array.from({ length: size }, () => 2 * random() - 1);
  const site = sitesOf(model, model.layers, sequences)[0] as Site<'recurrent'>;
  return { model, site, input, gradient };
}

/** Real gradients by the kernels: weights and bias of W, those of U, and of the input. */
function learned(
  { site, input, gradient }: Subject,
  recurrence: Recurrence,
  { lengths, feedback }: { lengths?: Int32Array | undefined; feedback?: StateFeedback | null } = {},
): Parts {
  const learning = {
    recurrence,
    feedback: new Map(feedback ? [[0, feedback]] : []),
    kept: new Map(),
  };
  const context = { ...plainContext(steps, { lengths }), learning };
  forwardSequence(site, input, batch, context);
  const own = learnSequence(site, { input, batch, gradient, wantsInput: true, context });
  const { scale } = site.inputQuantization[0]!;
  return {
    w: [...own.input.weights].map((g) => g * scale),
    u: [...own.hidden.weights].map((g) => g * hiddenQuantization.scale),
    b: [...own.input.bias],
    c: [...own.hidden.bias],
    x: [...own.atInput!],
  };
}

type Parts = { readonly [Key in keyof RealGradient]: readonly number[] };

function realLayer({ model, site }: Subject): RealRecurrent {
  const { cell } = site.attributes;
  const maps = linearMaps(model.layers.get(0)!, site.attributes, features);
  const mapOf = (key: 'input' | 'hidden', scale: number) => {
    const { weights, bias, weightScales } = maps[key];
    const columns = weights.length / bias.length;
    return {
      weights: Float64Array.from(weights, (w, i) => w * weightScales[Math.floor(i / columns)]!),
      bias: Float64Array.from(bias, (b, o) => b * scale * weightScales[o]!),
    };
  };
  const { weights: w, bias: b } = mapOf('input', site.inputQuantization[0]!.scale);
  const { weights: u, bias: c } = mapOf('hidden', hiddenQuantization.scale);
  return { cell, features, hiddenSize, w, u, b, c };
}

function startOf({ site: { attributes } }: Subject): RealState {
  const h = Float64Array.from(attributes.initialState.slice(0, hiddenSize));
  const isLstm = cells[attributes.cell].hasCellState;
  return { h, s: isLstm ? Float64Array.from(attributes.initialState.slice(hiddenSize)) : h };
}

/** Of sample n, by `gradientOf`, summed over the batch. */
function real(
  subject: Subject,
  gradientOf: (layer: RealRecurrent, steps: RealStep[], n: number) => RealGradient,
  lengths?: Int32Array,
): Parts {
  const layer = realLayer(subject);
  const sum = zeroGradient(layer, 0);
  const x: number[] = [];
  for (let n = 0; n < batch; n++) {
    const missing = steps - (lengths?.[n] ?? steps);
    const own = subject.input.subarray(
      (n * steps + missing) * features,
      (n + 1) * steps * features,
    );
    const run = realSteps(
      layer,
      dequantize(own, subject.site.inputQuantization[0]!),
      startOf(subject),
    );
    const part = gradientOf(layer, run, n);
    for (const key of ['w', 'u', 'b', 'c'] as const) {
      part[key].forEach((g, i) => (sum[key][i]! += g));
    }
    x.push(...new Float64Array(missing * features), ...part.x);
  }
  return { w: [...sum.w], u: [...sum.u], b: [...sum.b], c: [...sum.c], x };
}

/** Gradients at a sample's outputs, [own steps, hiddenSize], from what the layer was given. */
function atOutputs({ gradient, site }: Subject, count: number, n: number): Float64Array {
  const all = new Float64Array(count * hiddenSize);
  if (site.attributes.output === 'last') {
    all.set(gradient.subarray(n * hiddenSize, (n + 1) * hiddenSize), (count - 1) * hiddenSize);
  } else {
    const end = (n + 1) * steps * hiddenSize;
    all.set(gradient.subarray(end - count * hiddenSize, end));
  }
  return all;
}

/**
 * Gate by gate, the same direction and length. Gradients of a GRU's reset gate are several times smaller
 * than those of the others, with which they share 8 bits: `ofReset` is their least cosine.
 */
function assertAligned(actual: Parts, expected: Parts, least: number, ofReset = 0.96): void {
  for (const key of ['w', 'u', 'b', 'c', 'x'] as const) {
    const gates = key === 'x' ? 1 : expected.b.length / hiddenSize;
    const size = expected[key].length / gates;
    for (let gate = 0; gate < gates; gate++) {
      const own = actual[key].slice(gate * size, (gate + 1) * size);
      const wanted = expected[key].slice(gate * size, (gate + 1) * size);
      const what = `${key} of gate ${gate}`;
      if (wanted.every((g) => g === 0)) {
        assert.ok(
          own.every((g) => g === 0),
          `${what}: expected zeros`,
        );
        continue;
      }
      const alignment = cosine(own, wanted);
      const isReset = gates === 3 && gate === 1;
      assert.ok(alignment > (isReset ? ofReset : least), `${what}: cosine ${alignment}`);
      const ratio = Math.hypot(...own) / Math.hypot(...wanted);
      assert.ok(
        Math.abs(ratio - 1) < (isReset ? 0.1 : 0.06),
        `${what}: length ${ratio} of the expected`,
      );
    }
  }
}

/** What `all` has beyond `part`. */
function beyond(all: Parts, part: Parts): Parts {
  const difference = (key: keyof Parts): number[] => all[key].map((g, i) => g - part[key][i]!);
  const [w, u, b, c, x] = (['w', 'u', 'b', 'c', 'x'] as const).map(difference) as [
    number[],
    number[],
    number[],
    number[],
    number[],
  ];
  return { w, u, b, c, x };
}

const exactSteps = 5;
const truncated: Recurrence = { exactSteps, earlier: 'none' };
const whole: Recurrence = { exactSteps: steps, earlier: 'exact' };

for (const cell of names) {
  for (const output of ['last', 'sequence'] as const) {
    const subject = subjectOf(cell, output);

    test(`${cell}, ${output}: exact gradients are those of backpropagation through time`, () => {
      const expected = real(subject, (layer, run, n) =>
        backpropagateThroughTime(layer, run, atOutputs(subject, run.length, n)),
      );
      assertAligned(learned(subject, whole), expected, 0.99);
      assertAligned(learned(subject, { exactSteps: 5, earlier: 'exact' }), expected, 0.99);
    });

    test(`${cell}, ${output}: steps before a sample's first have no part in them`, () => {
      const lengths = Int32Array.of(12, 1, 7);
      const expected = real(
        subject,
        (layer, run, n) => backpropagateThroughTime(layer, run, atOutputs(subject, run.length, n)),
        lengths,
      );
      const actual = learned(subject, { exactSteps: 5, earlier: 'exact' }, { lengths });
      assertAligned(actual, expected, 0.99);
      const before = actual.x.slice(steps * features, (2 * steps - 1) * features);
      assert.ok(before.every((g) => g === 0));
    });

    test(`${cell}, ${output}: chunks change the gradient by rounding only`, () => {
      const [one, many] = [whole, { ...whole, exactSteps: 5 }].map((recurrence) =>
        learned(subject, recurrence),
      ) as [Parts, Parts];
      assertAligned(many, one, 0.998, 0.99);
    });
  }

  test(`${cell}: without earlier steps the gradient is that of the last ones`, () => {
    const subject = subjectOf(cell, 'last');
    assertAligned(learned(subject, truncated), real(subject, ofLastSteps(subject)), 0.99);
  });

  for (const segments of [0, 4]) {
    // A plain layer has no gate that keeps: without a feedback its early steps learn nothing.
    if (segments === 0 && cells[cell].keepGate === null) continue;
    const part = segments
      ? 'the product of the gates and the feedback'
      : 'the product of the gates';

    for (const lengths of [undefined, Int32Array.of(12, 3, 8)]) {
      const samples = lengths ? 'short samples' : 'whole samples';
      test(`${cell}, ${samples}: before the cut the gradient is ${part}`, () => {
        const subject = subjectOf(cell, 'last');
        const feedback = segments ? randomStateFeedback(subject.model, segments, 3)[0]! : null;
        const expected = real(
          subject,
          (layer, run, n) => throughGates(subject, { layer, run, n, feedback }),
          lengths,
        );
        const recurrence: Recurrence = { exactSteps, earlier: 'gates' };
        const actual = learned(subject, recurrence, { lengths, feedback });
        const early = beyond(actual, learned(subject, truncated, { lengths }));
        const expectedEarly = beyond(expected, real(subject, ofLastSteps(subject), lengths));
        assertAligned(early, expectedEarly, 0.98);
      });
    }
  }
}

function ofLastSteps(subject: Subject) {
  return (layer: RealRecurrent, run: readonly RealStep[], n: number): RealGradient => {
    const sum = zeroGradient(layer, run.length);
    let carried = atEnd(subject, n);
    for (let t = run.length - 1; t >= Math.max(0, run.length - exactSteps); t--) {
      carried = addStepGradient(layer, run[t]!, carried, sum);
    }
    return sum;
  };
}

function atEnd({ gradient }: Subject, n: number): RealStateGradient {
  const dh = Float64Array.from(gradient.subarray(n * hiddenSize, (n + 1) * hiddenSize));
  return { dh, ds: new Float64Array(hiddenSize) };
}

interface GatesCall {
  readonly layer: RealRecurrent;
  readonly run: readonly RealStep[];
  readonly n: number;
  readonly feedback: StateFeedback | null;
}

/** Exact down to the cut; before it the gates' product, multiplied up afresh for each step. */
function throughGates(subject: Subject, { layer, run, n, feedback }: GatesCall): RealGradient {
  const missing = steps - run.length;
  const cut = steps - exactSteps;
  const sum = zeroGradient(layer, run.length);
  const stepAt = (t: number): RealStep => run[t - missing]!;
  let atCut = atEnd(subject, n);
  for (let t = steps - 1; t >= Math.max(cut, missing); t--) {
    atCut = addStepGradient(layer, stepAt(t), atCut, sum);
  }
  const keepGate = cells[layer.cell].keepGate;
  const isLstm = layer.cell === 'lstm';
  for (let t = missing; t < cut; t++) {
    const kept = new Float64Array(hiddenSize).fill(keepGate === null ? 0 : 1);
    for (let later = t + 1; later < cut; later++) {
      for (let j = 0; j < hiddenSize; j++) {
        kept[j]! *= stepAt(later).gates[(keepGate ?? 0) * hiddenSize + j]!;
      }
    }
    // The first chunk is the short one, and takes the segment of its first step.
    const short = cut % exactSteps;
    const from = t < short ? 0 : t - ((t - short) % exactSteps);
    const fed = fedBack(feedback, atCut, isLstm, from / cut);
    const dh = fed.map((own, j) => own + (isLstm ? 0 : kept[j]! * atCut.dh[j]!));
    const ds = kept.map((own, j) => (isLstm ? own * atCut.ds[j]! : 0));
    addStepGradient(layer, stepAt(t), { dh, ds }, sum);
  }
  return sum;
}

function fedBack(
  feedback: StateFeedback | null,
  { dh, ds }: RealStateGradient,
  isLstm: boolean,
  position: number,
): Float64Array {
  const result = new Float64Array(hiddenSize);
  if (feedback === null) return result;
  const state = isLstm ? [...dh, ...ds] : [...dh];
  const first = Math.floor(position * feedback.segments) * hiddenSize;
  return result.map((_, j) => {
    const row = (first + j) * state.length;
    const total = state.reduce((own, g, i) => own + g * feedback.matrix[row + i]!, 0);
    return total * feedback.scales[first + j]!;
  });
}

test.run();
