// One owner's lesson as a user gets it, in this process: with examples held out, a gate, and the package's own rate.
import { openLearner } from '../targets/raspberry-pi/open-learner.ts';
import type { ArmRequest } from './arm-request.ts';
import type { Personalized } from './personalize.ts';
import { taskNamed } from './tasks/table.ts';
import type { LabelledSamples } from './tasks/task.ts';

type Predictor = Pick<Awaited<ReturnType<typeof openLearner>>, 'predictAll'>;

/** Where the gate refuses, nothing changed: after is before. */
export async function runLesson({ task, owner, file, arm }: ArmRequest): Promise<Personalized> {
  if (file === null) throw new TypeError(`${arm}: expected a package, got none`);
  const { train, test, original } = taskNamed(task).data(owner);
  await using learner = await openLearner(file, { lessons: 'here' });
  const before = await accuracyOn(learner, test);
  const originalBefore = original && (await accuracyOn(learner, original));
  const started = performance.now();
  const { steps } = await learner.learn({ x: train.x, y: [...train.y] }, { seed: owner.seed });
  const msPerStep = (performance.now() - started) / steps;
  const after = await accuracyOn(learner, test);
  const originalAfter = original && (await accuracyOn(learner, original));
  const curve = [
    [0, before],
    [steps, after],
  ] as const;
  return { before, after, originalBefore, originalAfter, steps, msPerStep, curve };
}

async function accuracyOn(learner: Predictor, { x, y }: LabelledSamples): Promise<number> {
  const size = x.length / y.length;
  const samples = Array.from(y, (_, n) => x.subarray(n * size, (n + 1) * size));
  const predictions = await learner.predictAll(samples);
  return predictions.filter(({ label }, n) => label === String(y[n])).length / y.length;
}
