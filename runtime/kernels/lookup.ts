import { EngineError } from '../errors.ts';
import type { LookupParameters } from '../graph/model.ts';
import type { Kernel } from './kernel.ts';
import type { Site } from './site.ts';

// y = table[x];  dx = f32(dy * slope[x])
export const lookup: Kernel<'lookup'> = {
  forward(site, [x]) {
    const { table } = tablesOf(site);
    return x!.map((value) => table[value]!);
  },
  backward(site, { inputs: [x], gradient, wanted }) {
    if (!wanted[0]!) return [null];
    const { slope } = tablesOf(site);
    return [gradient.map((g, i) => g * slope[x![i]!]!)];
  },
};

function tablesOf(site: Site<'lookup'>): LookupParameters {
  if (site.lookup !== null) return site.lookup;
  throw new EngineError(`${site.name}: expected a lookup table, got none; check the model first`);
}
