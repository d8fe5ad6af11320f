// Energy of the processor's packages since boot, as Linux's powercap counts it. Most virtual machines have none.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a machine offers: its counter, in joules, or why there is none. */
export type EnergyCounter =
  | { readonly read: () => number; readonly missing: null }
  | { readonly read: null; readonly missing: string };

/** Sums the packages under `folder`. A counter that wraps during a measurement shows as a negative difference. */
export function openEnergyCounter(folder = '/sys/class/powercap'): EnergyCounter {
  try {
    // intel-rapl:0 is a package (AMD's too); intel-rapl:0:1 is a part of it.
    const packages = readdirSync(folder).filter((name) => /^intel-rapl:\d+$/.test(name));
    if (packages.length === 0) return { read: null, missing: `no package under ${folder}` };
    const files = packages.map((name) => join(folder, name, 'energy_uj'));
    const read = (): number =>
      files.reduce((sum, file) => sum + Number(readFileSync(file, 'latin1')) / 1e6, 0);
    read();
    return { read, missing: null };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    const reason = code === 'EACCES' ? 'only root may read' : 'there is no';
    return { read: null, missing: `${reason} ${folder}` };
  }
}
