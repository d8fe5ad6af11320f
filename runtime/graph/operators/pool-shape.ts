import { InputError } from '../../errors.ts';
import type { Window } from '../operator.ts';
import { showShape } from '../shape.ts';
import type { Shape } from '../shape.ts';
import { windowOutput } from '../window.ts';

/** Output shape of a pool; channels pass through. */
export function poolShape(operator: string, input: Shape, window: Window): Shape {
  const [height, width] = windowOutput(input, window);
  if (height < 1 || width < 1) {
    throw new InputError(
      `${operator}: expected an input at least as large as the window, got ${showShape(input)}`,
    );
  }
  return [height, width, input[2]];
}
