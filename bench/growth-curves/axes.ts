// What grows: one size of a network at a time, everything else fixed.
import type { Graph } from '#runtime';

import { convolutionStack } from '../networks.ts';
import type { GrowthCurve } from '../results.ts';

export interface GrowthWork {
  readonly network: Graph;
  readonly batchSize: number;
}

export interface Axis {
  readonly axis: GrowthCurve['axis'];
  /** What is fixed, in words. */
  readonly network: string;
  /** Values of x; the quick ones are every other of them. */
  readonly values: readonly number[];
  readonly at: (x: number) => GrowthWork;
  /** What stands on the axis, where it is not `x` itself. */
  readonly label?: (x: number) => number;
}

export const axes: readonly Axis[] = [
  {
    axis: 'layers',
    network: 'convolutions of 16 channels, 16x16, batch 4',
    values: [4, 8, 16, 32, 64],
    at: (layers) => ({
      network: convolutionStack({ layers, channels: 16, pixels: 16 }),
      batchSize: 4,
    }),
  },
  {
    axis: 'batch',
    network: '10 convolutions of 16 channels, 16x16',
    values: [1, 4, 16, 64],
    at: (batchSize) => ({
      network: convolutionStack({ layers: 10, channels: 16, pixels: 16 }),
      batchSize,
    }),
  },
  {
    axis: 'parameters',
    network: '10 convolutions, 8x8, batch 4',
    values: [10, 24, 56, 112, 236], // channels: 9 k to 5 M weights
    at: (channels) => ({
      network: convolutionStack({ layers: 10, channels, pixels: 8 }),
      batchSize: 4,
    }),
    label: (channels) => 90 * channels ** 2 + 10 * channels,
  },
];
