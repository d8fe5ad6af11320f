// What tests of every folder share; imported as #test-support.
export { assertClose } from './assert-close.ts';
export { sharedData } from './shared-data.ts';
export { skipBecause } from './skip.ts';
