// Finished runs in bench/results/runs, one file each, found again by a digest of all that the result depends
// on: the request, the owner's samples, the package or the float32 weights, the versions, and the sources that
// are in none of these.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { FloatArray } from '#exporters';

import type { ArmRequest } from './arm-request.ts';
import { armNamed, isLesson } from './arms.ts';
import { floatBaseOf } from './float-model.ts';
import type { Personalized } from './personalize.ts';
import { taskNamed } from './tasks/table.ts';
import { versions } from './versions.ts';

const root = fileURLToPath(new URL('../', import.meta.url));

// Files, and folders with all that is in them. A package holds its programs, so what writes them needs no
// mention, but for float32's, which no package holds.
const sources = [
  'bench/personalize.ts',
  'bench/run-course.ts',
  'bench/onward-trainee.ts',
  'bench/nearest-neighbours.ts',
  'bench/float-network.ts',
  'targets/raspberry-pi/commands/bench/float-network.ts',
  'targets/raspberry-pi/commands/bench/learn-samples.ts',
  'targets/raspberry-pi/commands/bench/neighbours.ts',
  'bench/checkpointed-network.ts',
  'bench/checkpoints.ts',
  'exporters/programs/float',
  'targets/raspberry-pi/engine',
  'runtime/learning/input.ts',
  'runtime/learning/layout.ts',
  'runtime/learning/schedule.ts',
  'runtime/learning/shuffle.ts',
  'runtime/learning/step.ts',
];

/** What a lesson depends on beside these. */
const lessonSources = ['bench/run-lesson.ts', 'runtime/learner.ts', 'runtime/learning'];

export class KeptRuns {
  readonly #folder: string;
  readonly #common: string;
  readonly #inputs = new Map<string, string>();

  /** Creates the folder where it is not there. */
  constructor(folder: string = join(root, 'bench/results/runs')) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true });
    const { node, onnxruntimeNode } = versions();
    this.#common = digest([node, onnxruntimeNode, ...contentsOf(sources)]);
  }

  /** The kept result of this request, or what `measure` gives, which is kept then. */
  async get(request: ArmRequest, measure: () => Promise<Personalized>): Promise<Personalized> {
    const path = join(this.#folder, `${this.#nameOf(request)}.json`);
    if (existsSync(path)) return JSON.parse(readFileSync(path, 'utf8')) as Personalized;
    const result = await measure();
    writeFileSync(path, JSON.stringify(result));
    return result;
  }

  #nameOf({ file, ...request }: ArmRequest): string {
    const { batchSize, epochs } = taskNamed(request.task);
    const model = file === null ? this.#floatModel(request) : digest([readFileSync(file)]);
    const lesson = isLesson(armNamed(request.arm))
      ? { lesson: this.#once('lesson', () => contentsOf(lessonSources)) }
      : {};
    const parts = { ...request, batchSize, epochs, data: this.#data(request), model, ...lesson };
    return digest([this.#common, JSON.stringify(parts)]).slice(0, 32);
  }

  #data({ task, owner }: Pick<ArmRequest, 'task' | 'owner'>): string {
    return this.#once(`${task} ${owner.user} ${owner.seed}`, () => {
      const { train, test, original } = taskNamed(task).data(owner);
      const sets = original === null ? [train, test] : [train, test, original];
      return sets.flatMap(({ x, y }) => [bytesOf(x), y]);
    });
  }

  #floatModel({ task, owner }: Pick<ArmRequest, 'task' | 'owner'>): string {
    const base = taskNamed(task).baseModel(owner);
    return this.#once(`model ${base.key}`, () => {
      const { graph, parameters } = floatBaseOf(base).model;
      const arrays = Array.from(parameters.values(), ({ weights, bias }) => [weights, bias]);
      return [JSON.stringify(graph), ...arrays.flat().map((array) => bytesOf(array))];
    });
  }

  #once(key: string, parts: () => (string | Uint8Array)[]): string {
    const known = this.#inputs.get(key) ?? digest(parts());
    this.#inputs.set(key, known);
    return known;
  }
}

function contentsOf(paths: readonly string[]): Uint8Array[] {
  return paths.flatMap(filesIn).map((file) => readFileSync(join(root, file)));
}

function filesIn(path: string): string[] {
  if (path.endsWith('.ts')) return [path];
  return readdirSync(join(root, path), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .toSorted()
    .map((name) => join(path, name));
}

function bytesOf({ buffer, byteOffset, byteLength }: FloatArray): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function digest(parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
}
