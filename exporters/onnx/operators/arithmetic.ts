// Sums and products of two signals, and of a signal and a constant.
import { sameShape } from '#runtime';

import { affine, perChannel } from '../affine.ts';
import type { OperatorCall } from '../operator-call.ts';
import { signal } from '../value.ts';
import type { Constant, Signal } from '../value.ts';
import { isSameView } from '../view.ts';

export function add(call: OperatorCall): Signal {
  const mixed = signalAndConstant(call);
  if (mixed !== null) return affine(call, mixed.input, { scale: [1], shift: mixed.values });
  const [a, b] = [call.signal(0), call.signal(1)];
  if (!sameShape(a.draft.shape, b.draft.shape) || !isSameView(a.view, b.view)) {
    call.refuse(
      'two inputs of one shape',
      'different ones',
      'Add of equal shapes, or of a constant per channel',
    );
  }
  const operation = { operator: 'add', attributes: { clamp: null } } as const;
  return signal(call.make(operation, [a.draft, b.draft], a.draft.shape), a.view);
}

export function subtract(call: OperatorCall): Signal {
  const mixed = signalAndConstant(call);
  if (mixed === null) return call.refuse('a constant', 'two inputs that are not', 'Add');
  const { input, values, isConstantFirst } = mixed;
  const scale = [isConstantFirst ? -1 : 1];
  return affine(call, input, {
    scale,
    shift: isConstantFirst ? values : values.map((value) => -value),
  });
}

export function multiply(call: OperatorCall): Signal {
  const mixed = signalAndConstant(call);
  if (mixed !== null) return affine(call, mixed.input, { scale: mixed.values, shift: [0] });
  const inputs = [call.signal(0), call.signal(1)] as const;
  const [a, b] = inputs.toSorted((x, y) => spaceOf(y) - spaceOf(x));
  const isPerChannel = spaceOf(b!) === 1 && a!.draft.shape[2] === b!.draft.shape[2];
  const view = isPerChannel ? withoutSpace(a!.view) : a!.view;
  if ((!isPerChannel && !sameShape(a!.draft.shape, b!.draft.shape)) || !isSameView(view, b!.view)) {
    call.refuse('two inputs of one shape, or one factor per channel', 'other shapes');
  }
  const operation = { operator: 'mul', attributes: {} } as const;
  return signal(call.make(operation, [a!.draft, b!.draft], a!.draft.shape), a!.view);
}

export function divide(call: OperatorCall): Signal {
  const mixed = signalAndConstant(call);
  if (mixed === null || mixed.isConstantFirst) {
    return call.refuse('a constant divisor', 'one that is not', 'Mul');
  }
  return affine(call, mixed.input, {
    scale: Array.from(mixed.values, (value) => 1 / value),
    shift: [0],
  });
}

function spaceOf({ draft }: Signal): number {
  return draft.shape[0] * draft.shape[1];
}

function withoutSpace(view: Signal['view']): Signal['view'] {
  return view.map((axis) => axis.filter((part) => part !== 'h' && part !== 'w'));
}

interface Mixed {
  readonly input: Signal;
  readonly values: Float32Array;
  readonly isConstantFirst: boolean;
}

function signalAndConstant(call: OperatorCall): Mixed | null {
  const index = call.inputs.findIndex((input) => input?.kind === 'constant');
  if (index === -1) return null;
  const input = call.signal(1 - index);
  const values = perChannel(call, call.inputs[index] as Constant, input);
  return { input, values, isConstantFirst: index === 0 };
}
