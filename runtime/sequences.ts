// All that is known of recurrent layers, in one file: the runtime loads it where a model has some, so that a
// page with a model of pictures does without; engines and exporters import it as #runtime/sequences.
export { requireStepwise } from './graph/stepwise.ts';
export { embedding } from './kernels/embedding.ts';
export { firstPositions } from './kernels/recurrent/carried-state.ts';
export { requireSequences } from './kernels/recurrent/check-sequences.ts';
export { forwardSequence } from './kernels/recurrent/forward-sequence.ts';
export { decayTable, quantizeHidden, sigmaTable } from './kernels/recurrent/gate-tables.ts';
export { layerGradient } from './kernels/recurrent/gradient-sums.ts';
export { learnSequence } from './kernels/recurrent/learn-sequence.ts';
export { predictStep, stepNetworkOf } from './kernels/recurrent/predict-step.ts';
export { updatedMaps } from './kernels/recurrent/updated-maps.ts';
export { classIndices } from './learning/class-indices.ts';
export { chunksPerRun, sequenceCalls } from './learning/recurrence.ts';
export { checkRecurrentLayers, checkSequenceLearning } from './package/check-sequences.ts';
export { openStream } from './learner-stream.ts';
