import { growthOverSteps } from '../growth.ts';
import type { Row } from './row.ts';

/** Resident memory over many steps in this process. */
export async function growthRows(onnx: Uint8Array, steps: number): Promise<Row[]> {
  const { earlyBytes, lateBytes } = await growthOverSteps(onnx, steps);
  const grown = (lateBytes - earlyBytes) / 2 ** 20;
  return [
    {
      claim: `growth of resident memory over ${steps} steps, from the first tenth on`,
      measured: `${grown.toFixed(1)} MiB of ${(earlyBytes / 2 ** 20).toFixed(0)} MiB`,
      promised: 'none (within 2 MiB)',
      holds: grown <= 2,
    },
  ];
}
