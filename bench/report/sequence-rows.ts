import { sequencePeak } from '../sequence-memory.ts';
import type { SequenceSize } from '../sequence-network.ts';
import { sequenceTimes } from '../sequence-time.ts';
import { twoAtATime } from '../two-at-a-time.ts';
import type { Row } from './row.ts';

const [fewSteps, manySteps] = [64, 1024];
const methods = ['gates', 'exact', 'float-backprop'] as const;
const kilobytes = (bytes: number): string => `${(bytes / 1024).toFixed(0)} KB`;

/** What differs between the networks; all have 128 hidden units. */
interface Network {
  readonly features: number;
  readonly batch: number;
}

/** A sensor with 16 channels; which network is judged was settled before these were measured. */
const promised: Network = { features: 16, batch: 16 };
const beside: readonly Network[] = [
  { features: 16, batch: 4 },
  { features: 64, batch: 16 },
  { features: 64, batch: 4 },
];

/** Memory and time of a recurrent layer's learning at 64 and 1024 steps; networks beside the promised one in full mode only. */
export async function sequenceRows({
  isFull,
  onProgress,
}: {
  readonly isFull: boolean;
  readonly onProgress: (message: string) => void;
}): Promise<Row[]> {
  const rows: Row[] = [];
  for (const cell of ['gru', 'lstm'] as const) {
    for (const network of [promised, ...(isFull ? beside : [])]) {
      const size = { cell, hiddenSize: 128, steps: manySteps, ...network };
      onProgress(`memory, ${nameOf(size)}`);
      const repeats = isFull && network === promised ? 3 : 1;
      rows.push(...(await memoryRows(size, { repeats, isPromised: network === promised })));
    }
    onProgress(`time, ${cell.toUpperCase()}`);
    rows.push(await timeRow({ cell, hiddenSize: 128, steps: 256, ...promised }));
  }
  return rows;
}

async function memoryRows(
  size: SequenceSize,
  { repeats, isPromised }: { readonly repeats: number; readonly isPromised: boolean },
): Promise<Row[]> {
  const peaks = await twoAtATime(methods, async (method) => ({
    method,
    long: await sequencePeak(method, size, repeats),
    short: await sequencePeak(method, { ...size, steps: fewSteps }, repeats),
  }));
  const backprop = peaks.at(-1)!.long;
  return peaks.slice(0, -1).flatMap(({ method, long, short }) => {
    const isJudged = isPromised && method === 'gates';
    const growth = long / short;
    const ratio = backprop / long;
    return [
      {
        claim: `learn memory at 1024 steps over that at 64, ${method}, ${nameOf(size)}`,
        measured: `${growth.toFixed(2)} (${kilobytes(long)} and ${kilobytes(short)})`,
        promised: isJudged ? 'at most 1.2' : '',
        holds: isJudged ? growth <= 1.2 : null,
      },
      {
        claim: `float backprop's memory at 1024 steps over onward's, ${method}, ${nameOf(size)}`,
        measured: `${ratio.toFixed(1)} (${kilobytes(backprop)} and ${kilobytes(long)})`,
        promised: isJudged ? 'at least 30' : '',
        holds: isJudged ? ratio >= 30 : null,
      },
    ];
  });
}

async function timeRow(size: SequenceSize): Promise<Row> {
  const [gates = 0, exact = 0, backprop = 1] = await sequenceTimes(methods, size, 10);
  return {
    claim: `time of a learning step over float backprop's, ${size.steps} steps, ${nameOf(size)}`,
    measured: `gates ${(gates / backprop).toFixed(2)}, exact ${(exact / backprop).toFixed(2)}`,
    promised: '',
    holds: null,
  };
}

function nameOf({ cell, features, batch }: SequenceSize): string {
  return `${cell.toUpperCase()}, ${features} features, batch ${batch}`;
}
