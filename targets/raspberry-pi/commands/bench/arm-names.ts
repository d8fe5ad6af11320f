/** Of the ways to learn that `onward bench` compares, in the order in which they run. */
export const armNames = [
  'none',
  'nearest',
  'head',
  'tail',
  'random',
  'package',
  'replay',
  'int8-backprop',
  'float-backprop',
] as const;

export type ArmName = (typeof armNames)[number];

export const learnings = ['none', 'nearest', 'plan', 'float'] as const;

/** Everything that has no weights to change, a plan of a package, or its model in float32. */
export type Learning = (typeof learnings)[number];
