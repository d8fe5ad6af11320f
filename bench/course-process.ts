// Courses one after another in a process beside the benchmark's: a request as a message, its result or the
// error's text as one back. Started by course-pool.ts; ends when the benchmark disconnects.
import type { ArmRequest } from './arm-request.ts';
import { armNamed, isLesson } from './arms.ts';
import type { Personalized } from './personalize.ts';
import { runCourse } from './run-course.ts';
import { runLesson } from './run-lesson.ts';

export type CourseReply =
  | { readonly result: Personalized; readonly error: null }
  | { readonly result: null; readonly error: string };

async function replyTo(request: ArmRequest): Promise<CourseReply> {
  try {
    const run = isLesson(armNamed(request.arm)) ? runLesson : runCourse;
    return { result: await run(request), error: null };
  } catch (error) {
    return {
      result: null,
      error: error instanceof Error ? (error.stack ?? error.message) : String(error),
    };
  }
}

process.on('message', (request: ArmRequest) => {
  void replyTo(request).then((reply) => process.connected && process.send?.(reply));
});
