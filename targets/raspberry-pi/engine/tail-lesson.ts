// Learning of a tail with recurrent layers: forward part by part, keeping each one's input, then back in the same
// parts. A part's weights change once its gradients are known; no other part reads them any more.
import type { Tensor } from 'onnxruntime-node';

import { EngineError } from '#runtime';
import type { StepRates } from '#runtime';

import { detach } from './detach.ts';
import type { Outputs, Tensors } from './program.ts';
import type { RecurrentLesson } from './recurrent-lesson.ts';
import type { TailPart } from './tail-parts.ts';

/** What an engine does with a part. */
export interface PartRunner {
  /** The caller owns the result. */
  forward(part: TailPart, x: Tensor): Promise<Tensor>;
  learn(program: string, part: TailPart, feeds: Tensors): Promise<Outputs>;
  lesson(module: number, x: Tensor): RecurrentLesson;
}

export interface TailCall {
  readonly x: Tensor;
  readonly targets: Tensor;
  readonly rates: StepRates;
}

/** Outputs of the last part's program, and the gradient at `x`, null where the plan has no use for it. */
export async function learnInParts(
  runner: PartRunner,
  parts: readonly TailPart[],
  { x, targets, rates }: TailCall,
): Promise<{ readonly outputs: Outputs; readonly atInput: Tensor | null }> {
  const passed: { part: TailPart; input: Tensor; lesson: RecurrentLesson | null }[] = [];
  let value = x;
  let gradient: Tensor | null = null;
  for (const part of parts) {
    if (part.kind === 'end') {
      const outputs = await runner.learn(`tail:${part.from}`, part, { x: value, targets });
      gradient = outputs.take('inputGradient');
      detach([value]);
      for (const { part: own, input, lesson } of passed.toReversed()) {
        if (gradient === null) break;
        const before: Tensor | null = lesson
          ? await learnRecurrent(lesson, gradient, rates)
          : await learnPlain(runner, own, { x: input, gradient });
        detach(input === x ? [gradient] : [gradient, input]);
        gradient = before;
      }
      return { outputs, atInput: gradient };
    }
    const lesson = part.kind === 'recurrent' ? runner.lesson(part.from, value) : null;
    passed.push({ part, input: value, lesson });
    value = lesson ? await lesson.forward() : await runner.forward(part, value);
  }
  throw new EngineError('onnxruntime: expected a last part that ends in the error, got none');
}

async function learnRecurrent(
  lesson: RecurrentLesson,
  gradient: Tensor,
  rates: StepRates,
): Promise<Tensor | null> {
  const atInput = await lesson.learn(gradient);
  await lesson.update(rates);
  return atInput;
}

async function learnPlain(
  runner: PartRunner,
  part: TailPart,
  feeds: Tensors,
): Promise<Tensor | null> {
  const outputs = await runner.learn(`part:${part.from}-${part.to}`, part, feeds);
  return outputs.has('inputGradient') ? outputs.take('inputGradient') : null;
}
