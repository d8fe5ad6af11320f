// What tests of every folder share; imported as #test-support.
export { assertClose } from './assert-close.ts';
export { assertSame } from './assert-same.ts';
export { engineCases } from './engine-cases.ts';
export type { CaseInput, EngineCase } from './engine-cases.ts';
export { copyParameters, engineSuite } from './engine-suite.ts';
export { randomFeedback } from './random-feedback.ts';
export { RandomModel, windowOf } from './random-model.ts';
export { randomStream } from './random-stream.ts';
export { sharedData } from './shared-data.ts';
export { skipBecause } from './skip.ts';
