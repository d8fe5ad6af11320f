// The public surface of the runtime: named exports only.
export * from './errors.ts';
export type {
  Activation as DeviceActivation,
  Engine,
  EngineInput,
  Gradient,
  RecurrentState,
  Sequence,
  SequenceEngine,
  SequenceState,
  StepRates,
  TailResult,
} from './engine.ts';
export type { Cell, CellName, LinearMaps } from './graph/cell.ts';
export { cells, hiddenQuantization, linearMaps, rowsOf } from './graph/cell.ts';
export type { Graph, Layer, Node, RecurrentNode, ValueId } from './graph/graph.ts';
export { inferShapes, isLayer, isRecurrent, isTrainable, weightShapeOf } from './graph/graph.ts';
export type { LayerParameters, LookupParameters, Model, Quantization } from './graph/model.ts';
export type { Module } from './graph/module.ts';
export { moduleInput } from './graph/module.ts';
export { copyParameters } from './graph/parameters.ts';
export type * from './graph/operator.ts';
export type { Shape } from './graph/shape.ts';
export { sameShape, showShape, sizeOf } from './graph/shape.ts';
export { wantedValues } from './graph/wanted-values.ts';
export { gatherTable, isPointwise, scatterTable, windowOutput } from './graph/window.ts';
export type { ClampRange } from './kernels/clamp-range.ts';
export { clampRange } from './kernels/clamp-range.ts';
export { requireRates } from './kernels/check-input.ts';
export { openKernelEngine } from './kernels/engine.ts';
export { expTable } from './kernels/exp-table.ts';
export { requireLength } from './kernels/handle.ts';
export { gradientIsUsedBefore } from './kernels/module-feedback.ts';
export { moduleRange } from './kernels/module-range.ts';
export { noiseOffset, noisePeriod, noiseTable } from './kernels/noise.ts';
export { quantizeError } from './kernels/quantize-error.ts';
export { maximumPositions, requireSummable } from './kernels/summable.ts';
export type { LayerNorms } from './kernels/update.ts';
export { layerNorms } from './kernels/update.ts';
export { accuracyOf, argmax, softmax } from './learning/accuracy.ts';
export type { Examples, SplitExamples } from './learning/examples.ts';
export { checkLabels, oneHot } from './learning/examples.ts';
export type { SampleFormat } from './learning/input.ts';
export { quantizeSamples } from './learning/input.ts';
export type { StepLayout } from './learning/layout.ts';
export { feedbackOf, layoutOf } from './learning/layout.ts';
export type { LessonOptions, LessonReport, LessonRequest } from './learning/lesson.ts';
export type { LessonProgress } from './learning/lesson-steps.ts';
export { runLesson } from './learning/lesson.ts';
export type { Feedback, FeedbackSource, Plan, Rule, StateFeedback } from './learning/plan.ts';
export type { Chunk, ForwardCall, Recurrence, SequenceCalls } from './learning/recurrence.ts';
export { schedule } from './learning/schedule.ts';
export { shuffled } from './learning/shuffle.ts';
export type { Batch } from './learning/step.ts';
export { learnStep } from './learning/step.ts';
export type { Sha256 } from './package/container.ts';
export type {
  Alignment,
  InputDescription,
  PackageContent,
  PackageExamples,
  Program,
  Provenance,
  SoundDescription,
} from './package/content.ts';
export type { DecodeOptions } from './package/decode.ts';
export { decodePackage } from './package/decode.ts';
export { memoryStorage } from './state/memory-storage.ts';
export type { LessonOutcome, LessonRecord, State, StateOptions } from './state/state.ts';
export { openState } from './state/state.ts';
export type { Storage } from './state/storage.ts';
export type { Label, Labels } from './learning/class-index.ts';
export type { Prediction } from './learning/prediction.ts';
export { logitPositions, outputRows } from './learning/prediction.ts';
export type { KeptLesson, LabelledSamples, LearnerParts, Teach } from './learner.ts';
export { Learner, oldExamples } from './learner.ts';
export type { LearnerStream, StreamLabels, StreamOptions, StreamStep } from './learner-stream.ts';
