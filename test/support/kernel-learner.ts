// A learner on the reference kernels, whose lessons and streams can be looked at.
import {
  copyParameters,
  Learner,
  memoryStorage,
  openKernelEngine,
  openState,
  runLesson,
} from '#runtime';
import type { Engine, LearnerParts, LessonRequest, PackageContent, State, Storage } from '#runtime';

export interface KernelLearner {
  readonly learner: Learner;
  readonly state: State;
  /** What its lessons were asked for. */
  readonly requests: readonly LessonRequest[];
  /** The parameters that its streams work on, two for each. */
  readonly opened: readonly LearnerParts['parameters'][];
}

/** Of the package with the id 4, 4, ...; in a fresh storage unless told. */
export async function openKernelLearner(
  content: PackageContent,
  storage: Storage = memoryStorage(),
  rehearsalBytes?: number,
): Promise<KernelLearner> {
  const requests: LessonRequest[] = [];
  const opened: LearnerParts['parameters'][] = [];
  const parameters = copyParameters(content.model.layers);
  const engineOn = (own: LearnerParts['parameters']): Promise<Engine> =>
    openKernelEngine({ ...content, parameters: own, programs: new Map() });
  const packageId = new Uint8Array(32).fill(4);
  const state = await openState(storage, { packageId, parameters, now: () => 0 });
  const learner = new Learner({
    content,
    engine: await engineOn(parameters),
    parameters,
    state,
    rehearsalBytes,
    openEngine(own) {
      opened.push(own);
      return engineOn(own);
    },
    async teach(request, options) {
      requests.push(request);
      const own = copyParameters(request.parameters);
      const lesson = { engine: await engineOn(own), content, parameters: own };
      const report = await runLesson(lesson, request, options);
      return { report, parameters: report.kept ? own : null };
    },
  });
  return { learner, state, requests, opened };
}
