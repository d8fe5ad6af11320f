import { EngineError } from './errors.ts';

/**
 * A module that few models need, `load` being the import() of it. Throws EngineError where it cannot be
 * had, as on a page that lost its server.
 */
export async function loaded<Module>(name: string, load: () => Promise<Module>): Promise<Module> {
  try {
    return await load();
  } catch (cause) {
    throw new EngineError(
      `${name}: expected its file to load, got an error (see its cause); reload the page, or install the package again`,
      { cause },
    );
  }
}
