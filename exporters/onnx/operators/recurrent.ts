// LSTM, GRU and RNN: a node of ours for each direction, side by side until something computes with them.
// What ONNX computes beyond that (peepholes, other activations) is refused, with the cure.
import type { CellName } from '#runtime';

import type { Draft } from '../draft.ts';
import { initialStates } from '../initial-state.ts';
import type { OperatorCall, OperatorImporter } from '../operator-call.ts';
import { recurrentParameters } from '../recurrent-parameters.ts';
import { stacked } from '../stack.ts';
import { partSizes } from '../value.ts';
import type { Signal, Value } from '../value.ts';
import { batchPart, stackPart, viewOf } from '../view.ts';
import type { View } from '../view.ts';

const activations: { readonly [Name in CellName]: readonly string[] } = {
  lstm: ['Sigmoid', 'Tanh', 'Tanh'],
  gru: ['Sigmoid', 'Tanh'],
  rnn: ['Tanh'],
};

// X, W, R, B, sequence_lens, initial_h, initial_c, P
function recurrent(cell: CellName): OperatorImporter {
  return (call) => {
    const isBatchFirst = call.integer('layout', 0) === 1;
    const input = sequence(call, isBatchFirst);
    const [steps, , features] = input.draft.shape;
    const reverse = directionsOf(call);
    refuseVariants(call, cell, reverse.length);
    refuseLengths(call, steps);
    const parameters = recurrentParameters(call, cell, { directions: reverse.length, features });
    const { hiddenSize } = parameters;
    const states = initialStates(call, cell, {
      directions: reverse.length,
      hiddenSize,
      isBatchFirst,
    });
    const make = (output: 'sequence' | 'last'): Draft[] =>
      reverse.map((isReverse, direction) => {
        const initialState = states[direction]!;
        const attributes = { cell, hiddenSize, reverse: isReverse, output, initialState };
        const { layer, hiddenLayer } = parameters.layers[direction]!;
        const shape = [output === 'sequence' ? steps : 1, 1, hiddenSize] as const;
        const operation = { operator: 'recurrent', attributes } as const;
        return Object.assign(call.make(operation, [input.draft], shape, layer), { hiddenLayer });
      });
    const last = make('last');
    const lastParts = isBatchFirst ? [batchPart, stackPart, 'c'] : [stackPart, batchPart, 'c'];
    call.setOutput(1, stacked(last, viewWith(lastParts, last)));
    const all = make('sequence');
    const allParts = isBatchFirst
      ? [batchPart, 'h', stackPart, 'c']
      : ['h', stackPart, batchPart, 'c'];
    return stacked(all, viewWith(allParts, all));
  };
}

function viewWith(parts: readonly string[], drafts: readonly Draft[]): View {
  return viewOf(parts, new Map([...partSizes(drafts[0]!.shape), [stackPart, drafts.length]]));
}

/** X as [steps, batch, features], or batch first with layout 1. */
function sequence(call: OperatorCall, isBatchFirst: boolean): Signal {
  const input = call.signal(0);
  const { view, draft } = input;
  const sizes = partSizes(draft.shape);
  const order = isBatchFirst ? [batchPart, 'h', 'c'] : ['h', batchPart, 'c'];
  const expected = viewOf(order, sizes);
  if (view.length === 3 && view.every((axis, index) => axis.join() === expected[index]!.join())) {
    return input;
  }
  return call.refuse(
    `a sequence laid out as [${isBatchFirst ? 'batch, steps' : 'steps, batch'}, features], its features the channels`,
    `[${view.map((axis) => axis.join('*') || '1').join(', ')}]`,
    'one position a step: pool or convolve the other axis down to 1 before it',
  );
}

/** For each direction, whether it is the reverse one. */
function directionsOf(call: OperatorCall): readonly boolean[] {
  switch (call.text('direction', 'forward')) {
    case 'forward':
      return [false];
    case 'reverse':
      return [true];
    case 'bidirectional':
      return [false, true];
    default:
      return call.refuse(
        'direction forward, reverse or bidirectional',
        call.text('direction', 'forward'),
      );
  }
}

function refuseVariants(call: OperatorCall, cell: CellName, directions: number): void {
  const expected = Array.from({ length: directions }, () => activations[cell]).flat();
  const found = call.texts('activations') ?? expected;
  if (found.join().toLowerCase() !== expected.join().toLowerCase()) {
    call.refuse(`activations ${expected.join(', ')}`, found.join(', '), `the default activations`);
  }
  if (call.node.attributes.has('clip')) call.refuse('no clip', 'one', 'no clip attribute');
  if (cell === 'lstm' && call.integer('input_forget', 0) !== 0) {
    call.refuse('input_forget 0', '1', 'an LSTM with a forget gate of its own');
  }
  if (cell === 'lstm' && (call.inputs[7] ?? null) !== null) {
    const peepholes = call.constant(7).tensor.data;
    if (Array.from(peepholes, Number).some((weight) => weight !== 0)) {
      call.refuse('no peepholes', 'some', 'an LSTM without peepholes');
    }
  }
  if (cell === 'gru' && call.integer('linear_before_reset', 0) !== 1) {
    call.refuse(
      'linear_before_reset 1',
      '0',
      'a GRU that resets after the product, as torch.nn.GRU and Keras with reset_after=True do',
    );
  }
}

/** Lengths of all steps say nothing; Onward takes the lengths of samples itself. */
function refuseLengths(call: OperatorCall, steps: number): void {
  const lengths = call.integerInput(4);
  const other = lengths?.find((length) => length !== BigInt(steps));
  if (other === undefined) return;
  call.refuse(
    `sequence_lens of all ${steps} steps`,
    `${other}`,
    'no sequence_lens: lengths are given with the samples',
  );
}

export const recurrentOperators: Readonly<Record<string, (call: OperatorCall) => Value>> = {
  LSTM: recurrent('lstm'),
  GRU: recurrent('gru'),
  RNN: recurrent('rnn'),
};
