// What all programs of a package have in common: the model's nodes and shapes, how modules count
// nodes, and how values become inputs and outputs.
import { inferShapes, isTrainable } from '#runtime';
import type { PackageContent, Shape, ValueId } from '#runtime';

import type { Range } from './forward-pass.ts';
import { batchDimension, ProgramGraph } from './program-graph.ts';
import type { QuantizedError } from './program-graph.ts';
import { sitesOf } from './site.ts';
import type { AnySite } from './site.ts';

/** What programs are made from; a package's content has it all. */
export type ProgramSource = Pick<
  PackageContent,
  'model' | 'modules' | 'plan' | 'feedback' | 'stateFeedback'
>;

export class ProgramFrame {
  readonly graph: ProgramGraph;
  readonly source: ProgramSource;
  readonly sites: readonly AnySite[];
  readonly #shapes: readonly Shape[];

  constructor(name: string, source: ProgramSource) {
    this.graph = new ProgramGraph(name);
    this.source = source;
    this.sites = sitesOf(source.model, trainedLayers(source));
    this.#shapes = inferShapes(source.model.graph);
  }

  /** The nodes of modules [from, to); none at the model's end. */
  range(from: number, to: number): Range {
    const { modules } = this.source;
    const end = modules[to - 1]?.to ?? 0;
    return { from: modules[from]?.from ?? end, to: end };
  }

  /** Height times width of a value. */
  positions(value: ValueId): number {
    const [height, width] = this.#shapes[value]!;
    return height * width;
  }

  input(name: string, type: 'uint8' | 'float32', value: ValueId): string {
    return this.graph.input(name, type, [batchDimension, ...this.#shapes[value]!]);
  }

  /** The error that a feedback takes: `source`, `sourceScale`, `sourceZero`. */
  sourceInput(shape: Shape): QuantizedError {
    return {
      values: this.graph.input('source', 'uint8', [batchDimension, ...shape]),
      scale: this.graph.input('sourceScale', 'float32', []),
      zeroPoint: this.graph.input('sourceZero', 'uint8', []),
    };
  }

  /** Declares the output `name`; Identity because a value may be an output under several names. */
  output(name: string, type: 'uint8' | 'float32', value: ValueId, from: string): void {
    const named = this.graph.node('Identity', [from], { output: name });
    this.graph.output(named, type, [batchDimension, ...this.#shapes[value]!]);
  }

  /** Declares `name`, `nameScale` and `nameZero`: Q of the gradient of a value. */
  outputError(name: string, value: ValueId, gradient: string): void {
    const { values, scale, zeroPoint } = this.graph.quantizeError(gradient);
    this.output(name, 'uint8', value, values);
    this.graph.node('Identity', [scale], { output: `${name}Scale` });
    this.graph.output(`${name}Scale`, 'float32', []);
    this.graph.node('Identity', [zeroPoint], { output: `${name}Zero` });
    this.graph.output(`${name}Zero`, 'uint8', []);
  }
}

/** Nodes whose weights the plan lets learning change. */
function trainedLayers({ model, modules, plan }: ProgramSource): ReadonlySet<number> {
  const trained = modules.filter((_module, index) => plan.rules[index] !== 'frozen');
  const nodes = trained.flatMap(({ from, to }) =>
    model.graph.nodes.slice(from, to).flatMap((node, at) => (isTrainable(node) ? [from + at] : [])),
  );
  return new Set(nodes);
}
