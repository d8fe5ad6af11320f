// The public surface of the runtime: named exports only.
export * from './errors.ts';
export type {
  Activation as DeviceActivation,
  Engine,
  EngineInput,
  Gradient,
  StepRates,
  TailResult,
} from './engine.ts';
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
export type { Sha256 } from './package/container.ts';
export { decodePackage } from './package/decode.ts';
export type { DecodeOptions } from './package/decode.ts';
export { openKernelEngine } from './kernels/engine.ts';
export { clampRange } from './kernels/clamp-range.ts';
export type { ClampRange } from './kernels/clamp-range.ts';
export { expTable } from './kernels/exp-table.ts';
export { maximumPositions } from './kernels/linear.ts';
export { noiseOffset, noisePeriod, noiseTable } from './kernels/noise.ts';
export { layerNorms } from './kernels/update.ts';
export type { LayerNorms } from './kernels/update.ts';
export { partition } from './graph/partition.ts';
export { accuracyOf, argmax, softmax } from './learning/accuracy.ts';
export { crossEntropy } from './learning/cross-entropy.ts';
export { checkLabels, oneHot, selectSamples, splitExamples } from './learning/examples.ts';
export type { Examples } from './learning/examples.ts';
export { quantizeSamples } from './learning/input.ts';
export type { SampleFormat } from './learning/input.ts';
export { feedbackOf, layoutOf } from './learning/layout.ts';
export type { StepLayout } from './learning/layout.ts';
export { runLesson } from './learning/lesson.ts';
export type { LessonOptions, LessonProgress, LessonReport } from './learning/lesson.ts';
export { decayedRate } from './learning/schedule.ts';
export { shuffled } from './learning/shuffle.ts';
export { learnStep } from './learning/step.ts';
export type { Batch } from './learning/step.ts';
export { learnBytes, planMemory } from './graph/memory-plan.ts';
export type { MemoryPlan, ModuleMemory } from './graph/memory-plan.ts';
export { memoryStorage } from './state/memory-storage.ts';
export { openState } from './state/state.ts';
export type { LessonOutcome, LessonRecord, State, StateOptions } from './state/state.ts';
export type { Storage } from './state/storage.ts';
export { Learner, outputRows } from './learner.ts';
export type { KeptLesson, LabelledSamples, LearnerParts, Prediction, Teach } from './learner.ts';
