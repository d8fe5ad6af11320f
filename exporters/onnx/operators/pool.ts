// MaxPool and AveragePool over a sliding window.
import { FormatError, windowOutput } from '#runtime';

import type { Operation } from '../draft.ts';
import type { OperatorCall } from '../operator-call.ts';
import { importWindow, spatialParts, spatialSignal } from '../spatial-window.ts';
import type { ImportedWindow, SpatialPart } from '../spatial-window.ts';
import type { Signal } from '../value.ts';

export function maxPool(call: OperatorCall): Signal {
  const input = call.computed(0);
  // A zero is no maximum of numbers that are never negative, so it may stand for no number at all.
  if (input.pads !== null && !isNeverNegative(input)) {
    call.refuse('no Pad before it', 'one', 'MaxPool with pads');
  }
  const { parts, window } = poolWindow(call, input);
  return {
    ...pooled(call, input, parts, { operator: 'maxPool', attributes: { window: window.window } }),
    encoding: input.encoding,
  };
}

export function averagePool(call: OperatorCall): Signal {
  const input = call.floats(0);
  const { parts, window } = poolWindow(call, input);
  const own = window.window.pads.map((pad, side) => pad - (input.pads?.[side] ?? 0));
  const countsOwn = call.integer('count_include_pad', 0) !== 0;
  const isPadded = input.pads?.some((pad) => pad > 0) ?? false;
  if (isPadded && !countsOwn && own.some((pad) => pad > 0)) {
    call.refuse('count_include_pad 1 after Pad', '0');
  }
  if (window.isExtended && (countsOwn || isPadded)) {
    call.refuse('ceil_mode without padding that counts', 'both', 'count_include_pad 0');
  }
  const attributes = { window: window.window, countPadding: isPadded || countsOwn };
  return pooled(call, input, parts, { operator: 'averagePool', attributes });
}

function poolWindow(
  call: OperatorCall,
  input: Signal,
): { parts: SpatialPart[]; window: ImportedWindow } {
  const kernel = call.integers('kernel_shape');
  if (kernel === null) throw new FormatError(`${call.where}: expected kernel_shape, got none`);
  const parts = spatialParts(call, input);
  return { parts, window: importWindow(call, input, parts, kernel) };
}

function pooled(
  call: OperatorCall,
  { draft }: Signal,
  parts: readonly SpatialPart[],
  operation: Extract<Operation, { operator: 'maxPool' | 'averagePool' }>,
): Signal {
  const [height, width] = windowOutput(draft.shape, operation.attributes.window);
  return spatialSignal(call.make(operation, [draft], [height, width, draft.shape[2]]), parts);
}

function isNeverNegative({ draft: { operation } }: Signal): boolean {
  if (operation?.operator !== 'lookup') return false;
  const { activation, parameters } = operation.attributes;
  return activation === 'clamp' && parameters[0]! >= 0;
}
