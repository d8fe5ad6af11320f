// What tests of every folder share; imported as #test-support.
export { copyParameters } from '#runtime';

export { assertClose } from './assert-close.ts';
export { assertSame } from './assert-same.ts';
export { engineCases } from './engine-cases.ts';
export type { CaseInput, EngineCase } from './engine-cases.ts';
export { engineSuite } from './engine-suite.ts';
export { cosine, numericGradient } from './gradient-check.ts';
export { layerParameters } from './layer-parameters.ts';
export { openByRules } from './open-by-rules.ts';
export { randomFeedback, randomStateFeedback } from './random-feedback.ts';
export { RandomModel, windowOf } from './random-model.ts';
export { allModuleKinds, modelOfModules } from './random-modules.ts';
export type { ModuleKind } from './random-modules.ts';
export { randomStream } from './random-stream.ts';
export { dequantize, realForward, realModel, realNodeForward } from './real-forward.ts';
export type { RealLayer, RealModel } from './real-forward.ts';
export { sequenceCases } from './sequence-cases.ts';
export { sharedData } from './shared-data.ts';
export { skipBecause } from './skip.ts';
