// The public surface of the runtime: named exports only.
export * from './errors.ts';
export type { Activation as DeviceActivation, Engine, EngineInput, Gradient, StepRates, TailResult } from './engine.ts';
export type * from './graph/operator.ts';
export type { Shape } from './graph/shape.ts';
export { sameShape, showShape, sizeOf } from './graph/shape.ts';
export type { Graph, Layer, Node, ValueId } from './graph/graph.ts';
export { inferShapes, isLayer, weightShapeOf } from './graph/graph.ts';
export type { LayerParameters, LookupParameters, Model, Quantization } from './graph/model.ts';
export type { Module } from './graph/module.ts';
export { moduleInput, moduleOutput } from './graph/module.ts';
export { gatherTable, isPointwise, scatterTable, windowOutput } from './graph/window.ts';
export type { Feedback, FeedbackSource, Plan, Rule } from './learning/plan.ts';
export type {
  Alignment,
  InputDescription,
  PackageContent,
  Program,
  Provenance,
} from './package/content.ts';
