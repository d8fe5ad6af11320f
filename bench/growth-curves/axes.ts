// What grows: one size of a network at a time, everything else fixed.
import type { Graph } from '#runtime';

import { convolutionStack } from '../networks.ts';
import type { GrowthCurve } from '../results.ts';
import type { SequenceSize } from '../sequence-network.ts';
import type { SequenceMethod } from '../sequence-trainee.ts';
import { networkArms, quickNetworkArms, quickSequenceArms, sequenceArms } from './arms.ts';
import type { NetworkArm } from './arms.ts';

interface SizedNetwork {
  readonly network: Graph;
  readonly batchSize: number;
}

/** What is opened and learns at one point; crosses to a process of its own as JSON. */
export type GrowthWork =
  | ({ readonly kind: 'network'; readonly arm: NetworkArm } & SizedNetwork)
  | { readonly kind: 'sequence'; readonly method: SequenceMethod; readonly size: SequenceSize };

export interface Axis {
  readonly axis: GrowthCurve['axis'];
  /** What is fixed, in words. */
  readonly network: string;
  /** Values of x, rising. */
  readonly values: readonly number[];
  /** Some of the values, and names of some arms, of which a quick run makes do; null where it leaves the axis out. */
  readonly quick: { readonly values: readonly number[]; readonly arms: readonly string[] } | null;
  /** One curve each, by the arm's name. */
  readonly arms: ReadonlyMap<string, (x: number) => GrowthWork>;
  /** What stands on the axis, where it is not `x` itself. */
  readonly label?: (x: number) => number;
}

export const axes: readonly Axis[] = [
  {
    axis: 'layers',
    network: 'convolutions of 16 channels, 16x16, batch 4',
    values: [4, 8, 16, 32, 64],
    quick: { values: [4, 32], arms: quickNetworkArms },
    arms: ofNetworks((layers) => ({
      network: convolutionStack({ layers, channels: 16, pixels: 16 }),
      batchSize: 4,
    })),
  },
  {
    axis: 'batch',
    network: '10 convolutions of 16 channels, 16x16',
    values: [1, 4, 16, 64],
    quick: null,
    arms: ofNetworks((batchSize) => ({
      network: convolutionStack({ layers: 10, channels: 16, pixels: 16 }),
      batchSize,
    })),
  },
  {
    axis: 'steps',
    network: 'a GRU of 64 units, 16 features, batch 4',
    values: [16, 64, 256, 1024, 4096],
    quick: { values: [16, 256], arms: quickSequenceArms },
    arms: ofSequences((steps) => ({
      cell: 'gru',
      steps,
      features: 16,
      hiddenSize: 64,
      batch: 4,
    })),
  },
  {
    axis: 'parameters',
    network: '10 convolutions, 8x8, batch 4',
    values: [10, 24, 56, 112, 236], // channels: 9 k to 5 M weights
    quick: null,
    arms: ofNetworks((channels) => ({
      network: convolutionStack({ layers: 10, channels, pixels: 8 }),
      batchSize: 4,
    })),
    label: (channels) => 90 * channels ** 2 + 10 * channels,
  },
];

function ofNetworks(at: (x: number) => SizedNetwork): Axis['arms'] {
  return new Map(
    networkArms.map((arm) => [arm, (x: number) => ({ kind: 'network', arm, ...at(x) }) as const]),
  );
}

function ofSequences(at: (x: number) => SequenceSize): Axis['arms'] {
  return new Map(
    Object.entries(sequenceArms).map(([arm, method]) => [
      arm,
      (x: number) => ({ kind: 'sequence', method, size: at(x) }) as const,
    ]),
  );
}
