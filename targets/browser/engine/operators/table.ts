// Every operator but the layers, one file each. The mapped types make a missing one a compile error.
import { EngineError } from '#runtime';
import type { Graph, LayerName, OperatorName } from '#runtime';

import type { Gpu } from '../gpu.ts';
import type { BackwardCall, ForwardCall, Operator } from '../operator.ts';
import { present } from '../site.ts';
import type { AnySite, LayerSite, SequenceName, Site } from '../site.ts';
import type { Texture } from '../texture.ts';
import { add } from './add.ts';
import { averagePool } from './average-pool.ts';
import { maxPool } from './max-pool.ts';

type Name = Exclude<OperatorName, LayerName | SequenceName>;
type RareName = 'mul' | 'concat' | 'lookup';
type Table<Names extends Name> = { readonly [Key in Names]: Operator<Key> };
export type OperatorSite = Exclude<AnySite, LayerSite>;

const common: Table<Exclude<Name, RareName>> = { add, maxPool, averagePool };
let loaded: Partial<Table<Name>> = common;

/** Loads what the graph needs of the operators that most models do without; comes before all else here. */
export async function loadOperators({ nodes }: Graph): Promise<void> {
  const names: readonly OperatorName[] = ['mul', 'concat', 'lookup'] satisfies RareName[];
  if (!nodes.some(({ operator }) => names.includes(operator))) return;
  try {
    const { concat, lookup, mul } = await import('./rare.ts');
    loaded = { ...common, concat, lookup, mul } satisfies Table<Name>;
  } catch (cause) {
    throw new EngineError(
      'webgl: expected operators/rare.js to load, got an error; see its cause',
      {
        cause,
      },
    );
  }
}

function operatorOf<Key extends Name>(name: Key): Operator<Key> {
  const found: Operator<Key> | undefined = loaded[name];
  return present(found, `operator ${name}`);
}

/** The constants that the site's programs read, uploaded; null where they need none. */
export function prepareTable<Key extends Name>(
  gpu: Gpu,
  site: Site<Key> & OperatorSite,
): Texture | null {
  const words = operatorOf(site.operator).prepare?.(site);
  return words === undefined ? null : gpu.upload('words', words);
}

export function runForward<Key extends Name>(
  gpu: Gpu,
  site: Site<Key> & OperatorSite,
  call: ForwardCall,
): Texture {
  return operatorOf(site.operator).forward(gpu, site, call);
}

export function runBackward<Key extends Name>(
  gpu: Gpu,
  site: Site<Key> & OperatorSite,
  call: BackwardCall,
): readonly (Texture | null)[] {
  return operatorOf(site.operator).backward(gpu, site, call);
}
