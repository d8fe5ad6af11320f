// The programs of one engine, opened at their first use and kept until it closes.
import { noisePeriod, noiseTable } from '#runtime';
import type { EngineInput } from '#runtime';

import { requireAliasSafe, testRates } from './alias-test.ts';
import { GradientSums } from './gradient-sums.ts';
import { IndexTables } from './index-tables.ts';
import { fixedFeeds, LearningFeeds } from './learning-feeds.ts';
import { openSession } from './open-session.ts';
import { trainedLayers } from './parameter-arrays.ts';
import { Program } from './program.ts';

interface OpenProgram {
  readonly program: Program;
  readonly learning: LearningFeeds;
}

export class OpenPrograms {
  readonly #input: EngineInput;
  readonly #threads: number;
  readonly #tables = new IndexTables();
  /** Of recurrent layers, which learn by several runs. */
  readonly sums: GradientSums = new GradientSums();
  readonly #programs = new Map<string, Promise<OpenProgram>>();
  /** Made when something is learned; one table serves every layer and step. */
  #noise: Float32Array | null = null;

  constructor(input: EngineInput, threads: number) {
    this.#input = input;
    this.#threads = threads;
  }

  /** Throws EngineError where the program is missing, broken, or cannot learn in place. */
  get(name: string): Promise<OpenProgram> {
    const known = this.#programs.get(name);
    if (known !== undefined) return known;
    const program = this.#open(name);
    this.#programs.set(name, program);
    program.catch(() => this.#programs.delete(name)); // the caller gets the error; the next call tries again
    return program;
  }

  /** Gives the sessions back; what is asked for later opens anew. */
  async close(): Promise<void> {
    const programs = [...this.#programs.values()];
    this.#programs.clear();
    for (const open of programs) await (await open).program.session.release();
  }

  async #open(name: string): Promise<OpenProgram> {
    const session = await openSession(name, this.#input, this.#threads);
    const { parameters } = this.#input;
    const learning = new LearningFeeds(session, this.#noiseFor(session.inputNames), parameters);
    const fixed = fixedFeeds(session, { parameters, tables: this.#tables, sums: this.sums });
    await requireAliasSafe(name, session, { fixed, learning: learning.at(testRates) });
    return { program: new Program(name, session, fixed), learning };
  }

  #noiseFor(inputs: readonly string[]): Float32Array {
    if (!inputs.includes('rates')) return new Float32Array(0);
    if (this.#noise === null) {
      const sizes = trainedLayers(this.#input).map(([, { weights }]) => weights.length);
      this.#noise = noiseTable(Math.max(0, ...sizes) + noisePeriod);
    }
    return this.#noise;
  }
}
