// One program: the forward of some modules, and for the learning kinds their backward and update.
// A program is an ordinary inference graph. What changes between runs is an input; weights go in and
// come out, and an engine gives the same array for both.
import { inferShapes, isLayer, layoutOf } from '#runtime';
import type { Shape, ValueId } from '#runtime';

import { addBackwardRange, gateOutput } from './backward-pass.ts';
import { addFeedback } from './feedback-gradient.ts';
import type { FeedbackSite } from './feedback-gradient.ts';
import { addLogits, addRange, addRangeForBackward } from './forward-pass.ts';
import type { Range } from './forward-pass.ts';
import { moduleFeedback } from './module-feedback.ts';
import type { ProgramSource } from './module-feedback.ts';
import { addWeightGradient } from './operators/table.ts';
import { ProgramGraph } from './program-graph.ts';
import type { QuantizedError } from './program-graph.ts';
import { programName } from './program-name.ts';
import type { ProgramKind } from './program-name.ts';
import { isLayerSite, sitesOf } from './site.ts';
import type { AnySite } from './site.ts';
import { softmaxError } from './softmax-error.ts';
import { addUpdates } from './weight-update.ts';
import type { UpdatedLayer } from './weight-update.ts';

/**
 * ONNX bytes of one program. Inputs, as the kind needs them:
 *
 * - `x` uint8 [n, height, width, channels]; `targets`, `gradient` float32 of their values' shapes
 * - `source` uint8 of the source's shape, `sourceScale`, `sourceZero`: its error, quantised
 * - `weights:<node>` int8, `bias:<node>` int32 of layers that the plan trains; those of others, and
 *   `feedback:<index>`, are external data in `weights-<node>.bin`, `bias-<node>.bin`, `feedback-<index>.bin`
 * - `rates`, `noise:<node>`: see weight-update.ts
 * - `gather:<geometry>`, `scatter:<geometry>`, `cells:<geometry>`: see window-columns.ts, feedback-gradient.ts
 *
 * Outputs: `y` uint8; `logits`, `inputGradient` float32; `error` and `inputError` uint8, each with
 * `...Scale` and `...Zero`, for feedback to take as its source; `newWeights:<node>`, `newBias:<node>`;
 * `errorScales`, whose values are not finite where nothing was learned.
 */
export function moduleProgram(source: ProgramSource, kind: ProgramKind): Uint8Array<ArrayBuffer> {
  const graph = new ProgramGraph(programName(kind));
  const writer = new ProgramWriter(graph, source);
  switch (kind.kind) {
    case 'predict':
      writer.predict();
      break;
    case 'forward':
      writer.forward(kind.from, kind.to);
      break;
    case 'tail':
      writer.tail(kind.from);
      break;
    case 'feedback':
      writer.feedback(kind.module);
      break;
    case 'replay':
      writer.replay(kind.module);
      break;
    default:
      kind satisfies never;
  }
  return graph.build();
}

class ProgramWriter {
  readonly #graph: ProgramGraph;
  readonly #source: ProgramSource;
  readonly #sites: readonly AnySite[];
  readonly #shapes: readonly Shape[];

  constructor(graph: ProgramGraph, source: ProgramSource) {
    this.#graph = graph;
    this.#source = source;
    this.#sites = sitesOf(source.model, trainedLayers(source));
    this.#shapes = inferShapes(source.model.graph);
  }

  predict(): void {
    const range = { from: 0, to: this.#sites.length };
    const values = addRange(this.#graph, this.#sites, range, this.#input('x', 'uint8', 0));
    const { quantization } = this.#source.model;
    const logits = addLogits(this.#graph, values.get(range.to)!, quantization[range.to]!);
    this.#output('logits', 'float32', range.to, logits);
  }

  forward(from: number, to: number): void {
    const range = this.#range(from, to);
    const values = addRange(this.#graph, this.#sites, range, this.#input('x', 'uint8', range.from));
    this.#output('y', 'uint8', range.to, values.get(range.to)!);
  }

  tail(from: number): void {
    const graph = this.#graph;
    const { model, modules, plan, feedback } = this.#source;
    const { replay, tail, sources } = layoutOf(plan, modules, feedback);
    const uses = { float: replay < tail, quantised: sources.includes('tail') };
    const range = this.#range(from, modules.length);
    const values = addRange(graph, this.#sites, range, this.#input('x', 'uint8', range.from));
    const logits = addLogits(graph, values.get(range.to)!, model.quantization[range.to]!);
    const error = softmaxError(graph, logits, this.#input('targets', 'float32', range.to));
    this.#output('logits', 'float32', range.to, logits);
    const layers: UpdatedLayer[] = [];
    const atInput = addBackwardRange(graph, this.#sites, {
      range,
      values,
      gradient: error,
      wantsInput: uses.float || uses.quantised,
      visit: ({ site, ...own }) =>
        layers.push({ site, gradient: addWeightGradient(graph, site, own) }),
    });
    this.#outputError('error', range.to, error);
    if (uses.quantised) this.#outputError('inputError', range.from, atInput!);
    if (uses.float) this.#output('inputGradient', 'float32', range.from, atInput!);
    addUpdates(graph, { layers, before: uses.float ? [atInput!] : [] });
  }

  feedback(module: number): void {
    const graph = this.#graph;
    const range = this.#range(module, module + 1);
    const { sites, sourceShape } = moduleFeedback(this.#source, module);
    const values = addRange(graph, this.#sites, range, this.#input('x', 'uint8', range.from));
    const source = {
      values: graph.input('source', 'uint8', ['n', ...sourceShape]),
      scale: graph.input('sourceScale', 'float32', []),
      zeroPoint: graph.input('sourceZero', 'uint8', []),
    };
    const y = values.get(range.to)!;
    const layers: UpdatedLayer[] = [];
    const atEnd = sites.get(range.to);
    if (this.#source.plan.rules[module] === 'feedback-local') {
      addBackwardRange(graph, this.#sites, {
        range,
        values,
        gradient: addFeedback(graph, atEnd!, source),
        wantsInput: false,
        visit: ({ site, ...own }) =>
          layers.push({ site, gradient: addWeightGradient(graph, site, own) }),
      });
    } else {
      for (const site of this.#layersOf(range)) {
        const own = sites.get(site.index + 1);
        if (own === undefined) continue;
        const output = values.get(site.index + 1)!;
        const gradient = this.#gatedFeedback(site, { feedback: own, source, output });
        const input = values.get(site.inputs[0]!)!;
        layers.push({ site, gradient: addWeightGradient(graph, site, { input, gradient }) });
      }
    }
    this.#output('y', 'uint8', range.to, y);
    addUpdates(graph, { layers, before: [y] });
  }

  replay(module: number): void {
    const graph = this.#graph;
    const range = this.#range(module, module + 1);
    const x = this.#input('x', 'uint8', range.from);
    const values = addRangeForBackward(graph, this.#sites, range, x);
    const gradient = this.#input('gradient', 'float32', range.to);
    const isDirect = this.#source.plan.rules[module] === 'feedback-direct';
    const sites = isDirect
      ? moduleFeedback(this.#source, module).sites
      : new Map<ValueId, FeedbackSite>();
    const layers: UpdatedLayer[] = [];
    const atInput = addBackwardRange(graph, this.#sites, {
      range,
      values,
      gradient,
      wantsInput: true,
      visit: ({ site, input, output, gradient: exact }) => {
        const own = sites.get(site.index + 1);
        const delta =
          own === undefined
            ? exact
            : this.#gatedFeedback(site, {
                feedback: own,
                source: graph.quantizeError(gradient),
                output,
              });
        const sums = addWeightGradient(graph, site, { input, gradient: delta });
        layers.push({ site, gradient: sums });
      },
    })!;
    this.#output('inputGradient', 'float32', range.from, atInput);
    addUpdates(graph, { layers, before: [atInput] });
  }

  #gatedFeedback(
    site: AnySite,
    {
      feedback,
      source,
      output,
    }: { feedback: FeedbackSite; source: QuantizedError; output: string },
  ): string {
    const gradient = addFeedback(this.#graph, feedback, source);
    return gateOutput(this.#graph, site, { gradient, output });
  }

  #layersOf({ from, to }: Range) {
    return this.#sites.slice(from, to).filter(isLayerSite);
  }

  #range(from: number, to: number): Range {
    const { modules } = this.#source;
    return { from: modules[from]!.from, to: modules[to - 1]!.to };
  }

  #input(name: string, type: 'uint8' | 'float32', value: ValueId): string {
    return this.#graph.input(name, type, ['n', ...this.#shapes[value]!]);
  }

  /** Declares `name`, `nameScale` and `nameZero`: Q of the gradient of a value. */
  #outputError(name: string, value: ValueId, gradient: string): void {
    const { values, scale, zeroPoint } = this.#graph.quantizeError(gradient);
    this.#output(name, 'uint8', value, values);
    for (const [part, type, from] of [
      ['Scale', 'float32', scale],
      ['Zero', 'uint8', zeroPoint],
    ] as const) {
      this.#graph.node('Identity', [from], { output: `${name}${part}` });
      this.#graph.output(`${name}${part}`, type, []);
    }
  }

  /** Declares the output `name`; Identity because a value may be an output under several names. */
  #output(name: string, type: 'uint8' | 'float32', value: ValueId, from: string): void {
    const named = this.#graph.node('Identity', [from], { output: name });
    this.#graph.output(named, type, ['n', ...this.#shapes[value]!]);
  }
}

/** Nodes whose weights the plan lets learning change. */
function trainedLayers({ model, modules, plan }: ProgramSource): ReadonlySet<number> {
  const trained = modules.filter((_module, index) => plan.rules[index] !== 'frozen');
  const nodes = trained.flatMap(({ from, to }) =>
    model.graph.nodes.slice(from, to).flatMap((node, at) => (isLayer(node) ? [from + at] : [])),
  );
  return new Set(nodes);
}
