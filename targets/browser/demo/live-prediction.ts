// What is shown now, predicted as often as the engine can: what changes meanwhile is predicted after it.
import type { Learner } from '#runtime';

import type { PredictionPanel } from './prediction-panel.ts';
import type { SampleForm } from './sample-form.ts';

/** Predictions in a row that must agree before what a moving picture shows is spoken. */
const steadyCount = 3;

/** Predicts what `read` gives at each call; `isDone` where it has ended, for now, and is to be spoken. */
export function predictLive(
  learner: Learner,
  form: SampleForm,
  panel: PredictionPanel,
  read: () => Uint8Array | null,
): (isDone: boolean) => Promise<void> {
  let pending: { isDone: boolean } | null = null;
  let running: Promise<void> | null = null;
  let [label, count] = ['', 0];
  const run = async (): Promise<void> => {
    while (pending !== null) {
      const { isDone } = pending;
      pending = null;
      const pixels = read();
      const prediction = pixels && (await learner.predict(form.sampleOf(pixels)));
      const next = prediction?.label ?? '';
      count = next === label ? count + 1 : 1;
      label = next;
      const isSteady = form.kind === 'picture' && count === steadyCount;
      panel.show(prediction, learner.labels, isDone || isSteady);
    }
  };
  return (isDone) => {
    pending = { isDone: isDone || pending?.isDone === true };
    running ??= run().finally(() => (running = null));
    return running;
  };
}
