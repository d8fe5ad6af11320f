// Properties of whole learning calls on random graphs. Exact replay is the oracle: backpropagation
// in one piece and module by module are the same operations on the same numbers.
import fc from 'fast-check';
import { suite } from 'uvu';

import {
  allModuleKinds,
  assertSame,
  modelOfModules,
  openByRules,
  randomStream,
} from '#test-support';
import type { ModuleKind } from '#test-support';

import type { Activation, Engine, Gradient, StepRates } from '../engine.ts';
import type { LayerParameters } from '../graph/model.ts';
import { sizeOf } from '../graph/shape.ts';
import type { FeedbackSource, Rule } from '../learning/plan.ts';
import { gradientValues } from './handle.ts';

const test = suite('runtime/kernels/replay');

interface Drawn {
  readonly kinds: readonly ModuleKind[];
  readonly seed: number;
  readonly batch: number;
}

const drawn = fc.record({
  kinds: fc.array(fc.constantFrom(...allModuleKinds), { minLength: 1, maxLength: 4 }),
  seed: fc.integer({ min: 0, max: 1e6 }),
  batch: fc.integer({ min: 1, max: 3 }),
});

const runs = { numRuns: 60 };
const classes = 4;
const rates: StepRates = { rate: 0.3, clip: 0.2, ratio: 1, step: 5, seed: 42 };

interface Opened {
  readonly engine: Engine;
  readonly parameters: ReadonlyMap<number, LayerParameters>;
  readonly input: Activation;
  readonly samples: Uint8Array;
  readonly targets: Float32Array;
}

async function open(
  { kinds, seed, batch }: Drawn,
  rules: readonly Rule[],
  source: FeedbackSource = 'tail',
): Promise<Opened> {
  const { model, modules } = modelOfModules(kinds, seed);
  const options = { source, seed, batchSize: batch };
  const { engine, parameters } = await openByRules({ model, modules }, rules, options);
  const random = randomStream(seed);
  const length = batch * sizeOf(model.graph.inputShape);
  const samples = Uint8Array.from({ length }, () => Math.floor(random() * 256));
  const targets = new Float32Array(batch * classes);
  for (let n = 0; n < batch; n++) targets[n * classes + Math.floor(random() * classes)] = 1;
  return { engine, parameters, input: engine.upload(samples, batch), samples, targets };
}

function assertSameWeights(a: Opened, b: Opened, what: string): void {
  for (const [node, { weights, bias }] of a.parameters) {
    assertSame(weights, b.parameters.get(node)!.weights, `weights of node ${node}, ${what}`);
    assertSame(bias, b.parameters.get(node)!.bias, `bias of node ${node}, ${what}`);
  }
}

test('backpropagation in one piece and module by module end at the same weights', async () => {
  await fc.assert(
    fc.asyncProperty(drawn, async (draw) => {
      const count = draw.kinds.length + 1;
      const whole = await open(
        draw,
        Array.from({ length: count }, () => 'exact'),
      );
      const { logits } = await whole.engine.learnTail(0, whole.input, whole.targets, rates);
      for (let tail = 1; tail < count; tail++) {
        const rules = Array.from({ length: count }, (_, module) =>
          module < tail ? 'exact-replay' : 'exact',
        );
        const parts = await open(draw, rules);
        const { engine, input } = parts;
        const tailInput = await engine.forward(0, tail, input);
        const result = await engine.learnTail(tail, tailInput, parts.targets, rates);
        assertSame(result.logits, logits, 'logits');
        let gradient: Gradient = result.inputGradient!;
        for (let module = tail - 1; module >= 0; module--) {
          const activation = await engine.forward(0, module, input);
          gradient = await engine.learnByReplay(module, activation, gradient, rates);
        }
        assertSameWeights(parts, whole, `tail at ${tail}`);
      }
    }),
    runs,
  );
});

test('a forward pass may be cut anywhere', async () => {
  await fc.assert(
    fc.asyncProperty(drawn, async (draw) => {
      const { engine, input } = await open(
        draw,
        [...draw.kinds, ''].map(() => 'exact'),
      );
      const whole = await engine.forward(0, draw.kinds.length, input);
      for (let cut = 0; cut <= draw.kinds.length; cut++) {
        const first = await engine.forward(0, cut, input);
        const second = await engine.forward(cut, draw.kinds.length, first);
        assertSame(await engine.download(second), await engine.download(whole), `cut at ${cut}`);
      }
    }),
    runs,
  );
});

test('no call modifies what it was given, and feedback returns what the old weights made', async () => {
  const sources = fc.constantFrom<FeedbackSource>('tail', 'logits');
  const ways = fc.constantFrom<Rule>('feedback-local', 'feedback-direct');
  await fc.assert(
    fc.asyncProperty(drawn, sources, ways, async (draw, source, way) => {
      const kinds: ModuleKind[] = ['plain', ...draw.kinds];
      const frozen = draw.kinds.map((): Rule => 'frozen');
      const own = await open({ ...draw, kinds }, [way, ...frozen, 'exact'], source);
      const { engine, input, samples, targets } = own;
      const [samplesBefore, targetsBefore] = [samples.slice(), targets.slice()];
      const tailInput = await engine.forward(0, kinds.length, input);
      const tailInputBefore = await engine.download(tailInput);
      const output = await engine.download(await engine.forward(0, 1, input));

      const result = await engine.learnTail(kinds.length, tailInput, targets, rates);
      const error = source === 'tail' ? result.inputGradient! : result.error;
      const errorBefore = gradientValues(error, 'test').slice();
      const learned = await engine.learnByFeedback(0, input, error, rates);

      assertSame(await engine.download(learned), output, 'output');
      assertSame(gradientValues(error, 'test'), errorBefore, 'error');
      assertSame(await engine.download(tailInput), tailInputBefore, 'tail input');
      assertSame(await engine.download(input), samplesBefore, 'input');
      assertSame(samples, samplesBefore, 'samples');
      assertSame(targets, targetsBefore, 'targets');
    }),
    runs,
  );
});

test('replay leaves the gradient at the end as it was', async () => {
  await fc.assert(
    fc.asyncProperty(drawn, async (draw) => {
      const own = await open(draw, [...draw.kinds.map((): Rule => 'exact-replay'), 'exact']);
      const last = draw.kinds.length - 1;
      const tailInput = await own.engine.forward(0, last + 1, own.input);
      const { inputGradient } = await own.engine.learnTail(last + 1, tailInput, own.targets, rates);
      const before = gradientValues(inputGradient, 'test').slice();
      const input = await own.engine.forward(0, last, own.input);
      await own.engine.learnByReplay(last, input, inputGradient!, rates);
      assertSame(gradientValues(inputGradient, 'test'), before, 'gradient');
    }),
    runs,
  );
});

test.run();
