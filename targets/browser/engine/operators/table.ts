// Every operator but the layers, one file each. The mapped types make a missing one a compile error.
import type { LayerName, OperatorName } from '#runtime';

import type { Gpu } from '../gpu.ts';
import type { BackwardCall, ForwardCall, Operator } from '../operator.ts';
import type { AnySite, LayerSite, Site } from '../site.ts';
import type { Texture } from '../texture.ts';
import { add } from './add.ts';
import { averagePool } from './average-pool.ts';
import { concat } from './concat.ts';
import { lookup } from './lookup.ts';
import { maxPool } from './max-pool.ts';
import { mul } from './mul.ts';

type Name = Exclude<OperatorName, LayerName>;
export type OperatorSite = Exclude<AnySite, LayerSite>;

const operators: { readonly [Key in Name]: Operator<Key> } = {
  add,
  mul,
  concat,
  maxPool,
  averagePool,
  lookup,
};

/** The constants that the site's programs read, uploaded; null where they need none. */
export function prepareTable<Key extends Name>(
  gpu: Gpu,
  site: Site<Key> & OperatorSite,
): Texture | null {
  const words = operators[site.operator].prepare?.(site);
  return words === undefined ? null : gpu.upload('words', words);
}

export function runForward<Key extends Name>(
  gpu: Gpu,
  site: Site<Key> & OperatorSite,
  call: ForwardCall,
): Texture {
  return operators[site.operator].forward(gpu, site, call);
}

export function runBackward<Key extends Name>(
  gpu: Gpu,
  site: Site<Key> & OperatorSite,
  call: BackwardCall,
): readonly (Texture | null)[] {
  return operators[site.operator].backward(gpu, site, call);
}
