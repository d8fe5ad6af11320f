import { EngineError } from '../errors.ts';
import type { Kernel } from './kernel.ts';

export const recurrent: Kernel<'recurrent'> = {
  forward: (site) => refuse(site.name),
  backward: (site) => refuse(site.name),
};

function refuse(name: string): never {
  throw new EngineError(`${name}: recurrent layers are being built`);
}
