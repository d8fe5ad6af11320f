import { stepTimes } from '../time.ts';
import type { Row } from './row.ts';

/** A learning step against full float32 backpropagation, interleaved in this process. */
export async function timeRows(
  rounds: number,
  onProgress: (message: string) => void,
): Promise<Row[]> {
  const rows: Row[] = [];
  for (const network of ['resnet-8', 'twenty convolutions'] as const) {
    for (const batch of [4, 16]) {
      onProgress(`${network}, batch ${batch}`);
      const times = await stepTimes(network, batch, rounds);
      const against = (ms: number): string => (ms / times.onwardMs).toFixed(2);
      rows.push({
        claim: `time of float backprop over onward, ${network}, batch ${batch}`,
        measured: `${against(times.floatBackpropMs)} (int8 backprop ${against(times.int8BackpropMs)}, exact replay ${against(times.exactReplayMs)})`,
        promised: 'at least 1.5',
        holds: times.floatBackpropMs / times.onwardMs >= 1.5,
        values: {
          floatBackprop: times.floatBackpropMs / times.onwardMs,
          int8Backprop: times.int8BackpropMs / times.onwardMs,
          exactReplay: times.exactReplayMs / times.onwardMs,
        },
      });
    }
  }
  return rows;
}
