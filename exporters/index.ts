// The public surface of the exporters: named exports only.
export { float, floats } from './onnx/attribute.ts';
export type { AttributeValue } from './onnx/attribute.ts';
export { decodeModel } from './onnx/decode-model.ts';
export type { DecodeOptions, OnnxModel, OnnxNode, OnnxValue } from './onnx/decode-model.ts';
export type { ElementArray, ElementType } from './onnx/element-type.ts';
export { GraphBuilder } from './onnx/graph-builder.ts';
export { importModel } from './onnx/import-model.ts';
export { inInputUnits, inputUnit } from './input-unit.ts';
export type { ImportedModel } from './onnx/import-model.ts';
export type {
  Dimensions,
  ExternalLocation,
  GraphBuilderOptions,
  NodeOptions,
} from './onnx/graph-builder.ts';
export type { FloatArray, FloatParameters } from './float/array.ts';
export { backpropagate } from './float/backpropagate.ts';
export type { Backpropagation, BackpropagateOptions } from './float/backpropagate.ts';
export type { BatchOptions, Progress } from './float/batches.ts';
export type { FloatModel } from './float/model.ts';
export { outputOf, runFloat } from './float/run.ts';
export type { FloatValues, RunOptions } from './float/run.ts';
export { softmaxCrossEntropy } from './float/softmax-cross-entropy.ts';
export { dequantize } from './quantize/dequantize.ts';
export { fromImported } from './quantize/from-imported.ts';
export type { ImportedQuantization } from './onnx/imported-quantization.ts';
export { observeRanges } from './quantize/observe.ts';
export type { ObserveOptions, Observer } from './quantize/observe.ts';
export { quantize } from './quantize/quantize.ts';
export type { QuantizeOptions } from './quantize/quantize.ts';
export type { Range } from './quantize/range.ts';
export { exportPrograms } from './programs/export-programs.ts';
export type { ProgramSource } from './programs/program-frame.ts';
export { moduleProgram } from './programs/module-program.ts';
export { programName } from './programs/program-name.ts';
export type { ProgramKind } from './programs/program-name.ts';
export { assemble } from './assemble.ts';
export type { AssembledContent, AssembleOptions, FeedbackOptions } from './assemble.ts';
export { exportPackage } from './export.ts';
export type { ExportOptions, ExportReport } from './export.ts';
export { learningRateFor } from './learning-rate.ts';
export { planMemory } from './memory-plan.ts';
export type { MemoryPlan, ModuleMemory } from './memory-plan.ts';
export { encodePackage } from './package/encode.ts';
export { partition } from './partition.ts';
export { affordableTail, planFor } from './plan.ts';
export type { PlanOptions } from './plan.ts';
export { prepareImported, prepareModel, toChannelsLast } from './prepare.ts';
export type { Calibration, PreparedModel, PrepareOptions } from './prepare.ts';
export { keptByBackprop, recurrentUpdateBytes } from './recurrent-memory.ts';
export { floatBackprop, floatPredict } from './programs/float/float-backprop.ts';
export type { FloatProgramOptions } from './programs/float/float-backprop.ts';
export { floatPart, floatPartBackprop, floatPartForward } from './programs/float/float-part.ts';
export type { FloatPart } from './programs/float/float-part.ts';
export { measureAlignment } from './feedback/alignment.ts';
export { calibrateFeedback } from './feedback/calibrate.ts';
export type { CalibrationOptions } from './feedback/calibrate.ts';
export { feedbackForms } from './feedback/form.ts';
export type { FeedbackForm, FeedbackNetwork, FormOptions } from './feedback/form.ts';
export { approximatedNodes } from './feedback/recurrent-signals.ts';
export { measureStateAlignment } from './feedback/state-alignment.ts';
export { makeStateFeedback } from './feedback/state-feedback.ts';
export type { StateFeedbackOptions } from './feedback/state-feedback.ts';
export { randomFeedback } from './feedback/random.ts';
export type { RandomOptions } from './feedback/random.ts';
export type { LabelledSamples } from './feedback/signals.ts';
