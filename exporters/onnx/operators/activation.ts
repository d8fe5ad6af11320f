import type { Activation } from '#runtime';

import { floatsOf } from '../numbers.ts';
import type { OperatorCall } from '../operator-call.ts';
import { signal } from '../value.ts';
import type { Signal } from '../value.ts';

function lookup(call: OperatorCall, activation: Activation, parameters: readonly number[]): Signal {
  const { draft, view } = call.signal(0);
  const operation = { operator: 'lookup', attributes: { activation, parameters } } as const;
  return signal(call.make(operation, [draft], draft.shape), view);
}

export function relu(call: OperatorCall): Signal {
  return lookup(call, 'clamp', [0, Infinity]);
}

/** Bounds are attributes up to opset 10 and inputs since. */
export function clip(call: OperatorCall): Signal {
  const bound = (index: number, attribute: string, otherwise: number): number => {
    const input = call.optionalConstant(index);
    return input === null
      ? call.float(attribute, otherwise)
      : (floatsOf(input.tensor)[0] ?? otherwise);
  };
  const [minimum, maximum] = [bound(1, 'min', -Infinity), bound(2, 'max', Infinity)];
  if (!(minimum <= maximum))
    call.refuse('a minimum up to the maximum', `${minimum} and ${maximum}`);
  return lookup(call, 'clamp', [minimum, maximum]);
}

export function leakyRelu(call: OperatorCall): Signal {
  return lookup(call, 'leakyRelu', [call.float('alpha', Math.fround(0.01))]);
}

export function hardSwish(call: OperatorCall): Signal {
  return lookup(call, 'hardSwish', []);
}

export function hardSigmoid(call: OperatorCall): Signal {
  return lookup(call, 'hardSigmoid', [
    call.float('alpha', Math.fround(0.2)),
    call.float('beta', 0.5),
  ]);
}

export function sigmoid(call: OperatorCall): Signal {
  return lookup(call, 'sigmoid', []);
}

export function tanh(call: OperatorCall): Signal {
  return lookup(call, 'tanh', []);
}
