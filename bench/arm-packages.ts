// The package of each arm: one prepared model, many plans. What is needed twice is made once.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { assemble, encodePackage, learningRateFor, planFor, prepareImported } from '#exporters';
import type { PreparedModel } from '#exporters';

import { sha256 } from '../targets/raspberry-pi/package-file.ts';
import { drawsFeedback, isLesson, planOptionsOf } from './arms.ts';
import type { Arm } from './arms.ts';
import type { Owner, Task } from './tasks/task.ts';

export class ArmPackages {
  readonly #folder: string;
  readonly #prepared = new Map<string, PreparedModel>();
  readonly #files = new Map<string, Promise<string>>();

  /** Writes into `folder`, which the caller removes. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Path of the package with the arm's plan; null for arms that train the float32 model. */
  async fileOf(task: Task, arm: Arm, owner: Owner): Promise<string | null> {
    if (arm.method.kind === 'float') return null;
    const seed = drawsFeedback(arm) ? owner.seed : 1;
    const { key } = task.baseModel(owner);
    const name = `${key}-${planName(arm)}-${task.batchSize}-${seed}`;
    const file = this.#files.get(name) ?? this.#write(task, arm, { owner, name, seed });
    this.#files.set(name, file);
    return file;
  }

  /** The task's model, calibrated and int8. */
  prepared(task: Task, owner: Owner): PreparedModel {
    const base = task.baseModel(owner);
    const known = this.#prepared.get(base.key);
    if (known !== undefined) return known;
    const made = prepareImported(base.imported, { calibration: base.calibration() });
    this.#prepared.set(base.key, made);
    return made;
  }

  async #write(
    task: Task,
    arm: Arm,
    { owner, name, seed }: { owner: Owner; name: string; seed: number },
  ): Promise<string> {
    const prepared = this.prepared(task, owner);
    const { method } = arm;
    const { modules } = prepared;
    const { graph } = prepared.model;
    const { batchSize } = task;
    const plan = planOptionsOf(arm, { graph, modules, batchSize });
    // A lesson learns at the package's own rate, the others at the one that was swept for them.
    const rate = isLesson(arm) && {
      learningRate: learningRateFor(prepared, planFor(graph, modules, plan)),
    };
    const { alignment, ...assembled } = assemble(prepared, {
      plan: { ...plan, ...rate },
      feedback: { ...(method.kind === 'plan' ? method.feedback : {}), seed },
      examples: (method.kind === 'plan' && method.examples) || 0,
    });
    const provenance = {
      source: arm.name,
      sourceSha256: '0'.repeat(64),
      exporter: 'bench',
      calibrationSamples: prepared.labels.length,
      floatAccuracy: null,
      int8Accuracy: null,
      alignment,
    };
    const path = join(this.#folder, `${name.replaceAll(/[^\w.-]+/g, '-')}.onward`);
    writeFileSync(path, await encodePackage({ ...assembled, provenance }, sha256));
    return path;
  }
}

// What does not train weights still needs the model, and the features that its head reads.
function planName({ name, method }: Arm): string {
  return method.kind === 'plan' ? name : 'head only';
}
