// ONNX's kernel, stride, dilation and padding attributes as a window of ours.
import type { Window } from '#runtime';
import { FormatError } from '#runtime';

import type { Draft } from './draft.ts';
import type { OperatorCall } from './operator-call.ts';
import type { Signal } from './value.ts';
import { partSizes, signal } from './value.ts';
import { batchPart, viewOf } from './view.ts';

/** Which part of our value an ONNX spatial axis is. */
export type SpatialPart = 'h' | 'w';

interface AxisWindow {
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  readonly before: number;
  readonly after: number;
}

export interface ImportedWindow {
  readonly window: Window;
  /** Padding beyond what the attributes say, which ceil_mode adds at the end. */
  readonly isExtended: boolean;
}

/**
 * The parts that ONNX's spatial axes stand for, of a signal laid out as [batch, channels, space...].
 * One spatial axis is a row or a column.
 */
export function spatialParts(call: OperatorCall, { view, draft }: Signal): SpatialPart[] {
  const [batch, channels, ...space] = view;
  const sizes = partSizes(draft.shape);
  const isChannels = channels?.join() === (sizes.get('c') === 1 ? '' : 'c');
  if (batch?.join() !== batchPart || !isChannels || space.length === 0 || space.length > 2) {
    call.refuse(
      'an input laid out as [batch, channels, width] or [batch, channels, height, width]',
      `[${view.map((axis) => axis.join('*') || '1').join(', ')}]`,
      'Transpose that puts the channels second',
    );
  }
  const taken = space.flat();
  const free = (['w', 'h'] as const).filter((part) => !taken.includes(part));
  const parts = space.toReversed().map((axis) => (axis[0] ?? free.shift()) as SpatialPart);
  const isEachOnce = new Set(parts).size === parts.length && space.every((axis) => axis.length < 2);
  const isWhole =
    taken.length === (['h', 'w'] as const).filter((part) => sizes.get(part)! > 1).length;
  if (!isEachOnce || !isWhole) {
    call.refuse('separate axes for height and width', 'them joined', 'Reshape after the operator');
  }
  return parts.toReversed();
}

/** A new value laid out as [batch, channels, space...]. */
export function spatialSignal(draft: Draft, parts: readonly SpatialPart[]): Signal {
  return signal(draft, viewOf([batchPart, 'c', ...parts], partSizes(draft.shape)));
}

/** `kernel` along ONNX's spatial axes; `pads` of the input count as part of it. */
export function importWindow(
  call: OperatorCall,
  input: Signal,
  parts: readonly SpatialPart[],
  kernel: readonly number[],
): ImportedWindow {
  const [height, width] = input.draft.shape;
  const pads = input.pads ?? [0, 0, 0, 0];
  const padded = { h: height + pads[0] + pads[2], w: width + pads[1] + pads[3] };
  const read = attributeReader(call, parts.length);
  const axes = { h: wholeAxis, w: wholeAxis };
  let isExtended = false;
  for (const [index, part] of parts.entries()) {
    const axis = {
      kernel: read.positive('kernel_shape', kernel, index),
      stride: read.positive('strides', null, index),
      dilation: read.positive('dilations', null, index),
    };
    const [before, after] = read.pads(index, axis, padded[part]);
    const extra =
      call.integer('ceil_mode', 0) === 0
        ? 0
        : ceilPadding(call, { ...axis, before, after }, padded[part]);
    isExtended ||= extra > 0;
    axes[part] = { ...axis, before, after: after + extra };
  }
  const { h, w } = axes;
  return {
    isExtended,
    window: {
      kernel: [h.kernel, w.kernel],
      stride: [h.stride, w.stride],
      dilation: [h.dilation, w.dilation],
      pads: [pads[0] + h.before, pads[1] + w.before, pads[2] + h.after, pads[3] + w.after],
    },
  };
}

const wholeAxis: AxisWindow = { kernel: 1, stride: 1, dilation: 1, before: 0, after: 0 };

type ExtentSource = Pick<AxisWindow, 'kernel' | 'stride' | 'dilation'>;

function attributeReader(call: OperatorCall, rank: number) {
  const list = (name: string, length: number): readonly number[] | null => {
    const values = call.integers(name);
    if (values === null || values.length === 0) return null;
    if (values.length === length && values.every((value) => Math.abs(value) < 2 ** 24))
      return values;
    throw new FormatError(
      `${call.where}: expected ${length} numbers below 2^24 in ${name}, got [${values.slice(0, 8).join(', ')}]`,
    );
  };
  const autoPad = call.text('auto_pad', 'NOTSET');
  return {
    positive(name: string, otherwise: readonly number[] | null, index: number): number {
      const value = (list(name, rank) ?? otherwise)?.[index] ?? 1;
      if (value >= 1) return value;
      throw new FormatError(`${call.where}: expected ${name} of at least 1, got ${value}`);
    },
    pads(index: number, axis: ExtentSource, size: number): [before: number, after: number] {
      if (autoPad === 'VALID') return [0, 0];
      if (autoPad === 'SAME_UPPER' || autoPad === 'SAME_LOWER') {
        const outputs = Math.ceil(size / axis.stride);
        const total = Math.max(0, (outputs - 1) * axis.stride + extent(axis) - size);
        const less = Math.floor(total / 2);
        return autoPad === 'SAME_UPPER' ? [less, total - less] : [total - less, less];
      }
      if (autoPad !== 'NOTSET')
        call.refuse('auto_pad NOTSET, VALID, SAME_UPPER or SAME_LOWER', autoPad);
      const pads = list('pads', 2 * rank);
      const [before, after] = [pads?.[index] ?? 0, pads?.[index + rank] ?? 0];
      if (before < 0 || after < 0) call.refuse('pads of at least 0', `${before} and ${after}`);
      return [before, after];
    },
  };
}

function extent({ kernel, dilation }: ExtentSource): number {
  return (kernel - 1) * dilation + 1;
}

/** Padding at the end that makes the last, partial window a whole one. */
function ceilPadding(call: OperatorCall, axis: AxisWindow, size: number): number {
  const padded = size + axis.before + axis.after;
  const last = Math.ceil((padded - extent(axis)) / axis.stride) * axis.stride;
  if (last >= size + axis.before) {
    call.refuse(
      'ceil_mode whose last window starts inside the input',
      'one in the padding',
      'ceil_mode 0',
    );
  }
  return Math.max(0, last + extent(axis) - padded);
}
