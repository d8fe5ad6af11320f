// The float32 model that the rivals train: a task's, in the units that its packages are in. Whatever helps the
// first layers of one helps those of the other.
import { inInputUnits, inputUnit } from '#exporters';
import type { FloatModel } from '#exporters';

import type { Trainee } from './personalize.ts';
import type { BaseModel } from './tasks/task.ts';

/** `model` takes samples divided by `unit`. */
export interface FloatBase {
  readonly model: FloatModel;
  readonly unit: number;
}

/** By key of the base model: a calibration takes longer to read than a model to open. */
const units = new Map<string, number>();

export function floatBaseOf(base: BaseModel): FloatBase {
  const { key, imported } = base;
  const unit = units.get(key) ?? inputUnit(imported.graph, base.calibration().x);
  units.set(key, unit);
  const { graph, parameters } = inInputUnits(imported, unit);
  return { model: { graph, parameters }, unit };
}

/** The trainee for samples as the task gives them. */
export function dividing(trainee: Trainee, unit: number): Trainee {
  if (unit === 1) return trainee;
  const divided = (x: Float32Array): Float32Array => x.map((value) => value / unit);
  return {
    classes: trainee.classes,
    sampleSize: trainee.sampleSize,
    prepare: (x) => trainee.prepare(divided(x)),
    learn: (images, targets, rates) => trainee.learn(images, targets, rates),
    predict: (x) => trainee.predict(divided(x)),
    [Symbol.asyncDispose]: () => trainee[Symbol.asyncDispose](),
  };
}
