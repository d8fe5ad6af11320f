// The last step of a sequence, taken as early as can be: a recurrent layer then keeps no others, and what
// computes each step by itself computes one.
import type { Draft, Operation } from './draft.ts';
import type { OperatorCall } from './operator-call.ts';

interface Step {
  readonly position: number;
  readonly steps: number;
}

/** The value at one position, by nodes of its own; those of all positions fall away where nothing reads them. */
export function lastStep(call: OperatorCall, draft: Draft, step: Step): Draft {
  const { operation, inputs, layer, hiddenLayer, quantization } = draft;
  if (operation?.operator === 'recurrent') {
    const { reverse, output } = operation.attributes;
    if (output === 'sequence' && step.position !== (reverse ? 0 : step.steps - 1)) {
      call.refuse(
        'the step of a recurrent layer that is computed last',
        `step ${step.position} of ${step.steps} of ${reverse ? 'its reverse direction' : 'it'}`,
        'the final states of both directions (h_n of torch.nn.LSTM, Y_h of ONNX)',
      );
    }
    const last = { ...operation, attributes: { ...operation.attributes, output: 'last' as const } };
    return made(last, inputs);
  }
  if (operation === null || !isPerStep(operation)) {
    return call.refuse(
      'the last step of a recurrent layer',
      operation === null ? "a step of the graph's input" : `a step of ${operation.operator}`,
      'a pool over all steps',
    );
  }
  return made(
    operation,
    inputs.map((input) => lastStep(call, input, step)),
  );

  function made(changed: Operation, sources: readonly Draft[]): Draft {
    const copy = call.make(changed, sources, [1, 1, draft.shape[2]], layer);
    return Object.assign(copy, { name: draft.name, quantization, hiddenLayer });
  }
}

function isPerStep({ operator, attributes }: Operation): boolean {
  if (operator !== 'conv') return ['lookup', 'add', 'concat'].includes(operator);
  const { kernel, stride, pads } = attributes.window;
  return [...kernel, ...stride].every((size) => size === 1) && pads.every((pad) => pad === 0);
}
