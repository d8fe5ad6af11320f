// What an operator adds to a float32 program. Values are [n, channels, height, width] here: that is
// how ONNX Runtime's float convolutions and pools want them.
import type { Node, OperatorName, Shape } from '#runtime';

import type { FloatParameters } from '../../float/array.ts';
import type { ProgramGraph } from '../program-graph.ts';

type NodeOf<Name extends OperatorName> = Extract<Node, { operator: Name }>;

export interface FloatSite<Name extends OperatorName> {
  /** Of the node; value `index + 1` is its output. */
  readonly index: number;
  readonly operator: Name;
  readonly attributes: NodeOf<Name>['attributes'];
  readonly inputs: readonly number[];
  readonly inputShapes: readonly Shape[];
  readonly outputShape: Shape;
  /** Of conv, dense, recurrent and embedding, else null. */
  readonly parameters: FloatParameters | null;
  readonly isTrained: boolean;
}

export type AnyFloatSite = { [Name in OperatorName]: FloatSite<Name> }[OperatorName];

export type FloatLayerSite = FloatSite<'conv'> | FloatSite<'dense'>;

/** What is trained. */
export type FloatTrainedSite = FloatLayerSite | FloatSite<'recurrent'>;

export interface FloatBackwardCall {
  readonly inputs: readonly string[];
  readonly output: string;
  /** Of the output, gated already where the operator has a clamp. */
  readonly gradient: string;
  /** One per input; only these gradients are added. */
  readonly wanted: readonly boolean[];
}

export interface FloatOperatorProgram<Name extends OperatorName> {
  /** Adds the node and returns its value. */
  forward(graph: ProgramGraph, site: FloatSite<Name>, inputs: readonly string[]): string;
  /** Gradients of the inputs; null where not wanted. */
  backward(
    graph: ProgramGraph,
    site: FloatSite<Name>,
    call: FloatBackwardCall,
  ): readonly (string | null)[];
}
