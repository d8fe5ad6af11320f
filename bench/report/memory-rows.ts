import { learningMemory } from '../memory.ts';
import type { MemoryResult } from '../network-process.ts';
import { twoAtATime } from '../two-at-a-time.ts';
import type { Row } from './row.ts';

const network = 'twenty convolutions';
const methods = ['onward', 'float-backprop', 'exact-replay', 'int8-backprop'] as const;
const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;

/** Peak memory of learning against full float32 backpropagation, and against the planner. */
export async function memoryRows(
  batches: readonly (4 | 32)[],
  onProgress: (message: string) => void,
): Promise<Row[]> {
  const rows: Row[] = [];
  for (const batch of batches) {
    onProgress(`${network}, batch ${batch}`);
    const [onward, float, replay, int8] = (await twoAtATime(methods, (method) =>
      learningMemory(network, method, batch),
    )) as [MemoryResult, MemoryResult, MemoryResult, MemoryResult];
    const ratio = float.peakBytes / onward.peakBytes;
    const planned = onward.plannedBytes / onward.peakBytes;
    rows.push({
      claim: `peak memory of learning, ${network}, batch ${batch}`,
      measured: `onward ${mebibytes(onward.peakBytes)}, float backprop ${mebibytes(float.peakBytes)}: 1/${ratio.toFixed(1)}`,
      promised: batch === 4 ? 'onward at most 8 MiB' : 'at most 1/4',
      holds: batch === 4 ? onward.peakBytes <= 8 * 2 ** 20 : ratio >= 4,
      values: { onwardBytes: onward.peakBytes, floatBackpropBytes: float.peakBytes },
    });
    rows.push({
      claim: `the same, cheap rivals, batch ${batch}`,
      measured: `exact replay ${mebibytes(replay.peakBytes)}, int8 backprop ${mebibytes(int8.peakBytes)}`,
      promised: '',
      holds: null,
      values: { exactReplayBytes: replay.peakBytes, int8BackpropBytes: int8.peakBytes },
    });
    rows.push({
      claim: `inspect's prediction over the measured peak, batch ${batch}`,
      measured: `${mebibytes(onward.plannedBytes)} / ${mebibytes(onward.peakBytes)} = ${planned.toFixed(2)}`,
      promised: '0.75 to 1.25',
      holds: planned >= 0.75 && planned <= 1.25,
    });
    const plannedFloat = float.plannedBytes / float.peakBytes;
    rows.push({
      claim: `the same of float backprop, batch ${batch}`,
      measured: `${mebibytes(float.plannedBytes)} / ${mebibytes(float.peakBytes)} = ${plannedFloat.toFixed(2)}`,
      promised: '0.85 to 1.15',
      holds: plannedFloat >= 0.85 && plannedFloat <= 1.15,
    });
  }
  return rows;
}
