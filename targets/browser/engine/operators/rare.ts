// Operators that most models do without, in a file of their own that is loaded where a model has one.
export { concat } from './concat.ts';
export { lookup } from './lookup.ts';
export { mul } from './mul.ts';
