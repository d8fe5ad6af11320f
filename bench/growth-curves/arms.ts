// The ways to learn whose costs are drawn, by the names that the report shows.
import type { SequenceMethod } from '../sequence-trainee.ts';

/** Of networks without recurrent layers. */
export const networkArms = [
  'onward',
  'exact replay',
  'int8 backprop',
  'full backprop, float32',
  'checkpointed backprop, float32',
] as const;

export type NetworkArm = (typeof networkArms)[number];

/** Of a recurrent layer with a head. */
export const sequenceArms = {
  onward: 'onward',
  gates: 'gates',
  'exact, from kept states': 'exact',
  'truncated BPTT, 16 steps': 'truncated',
  'head only': 'head-only',
  'int8 backprop': 'int8-backprop',
  'full backprop, float32': 'float-backprop',
} as const satisfies Readonly<Record<string, SequenceMethod>>;

/** What a quick run makes do with: the rival, and its cheapest form. */
export const quickNetworkArms: readonly NetworkArm[] = [
  'onward',
  'full backprop, float32',
  'checkpointed backprop, float32',
];

export const quickSequenceArms: readonly (keyof typeof sequenceArms)[] = [
  'onward',
  'truncated BPTT, 16 steps',
  'full backprop, float32',
];
