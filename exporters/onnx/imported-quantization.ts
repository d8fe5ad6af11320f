// The scales of a model that is int8 already, as its publisher chose them.
import type { LayerParameters, Quantization } from '#runtime';
import { hiddenQuantization } from '#runtime';

import { activationOf } from '../float/activation.ts';
import { joinMaps } from '../quantize/join-maps.ts';
import { chooseQuantization, tokenQuantization } from '../quantize/value-quantization.ts';
import type { Draft } from './draft.ts';
import { relu, sameQuantization } from './draft.ts';
import { importLayer } from './imported-layer.ts';
import { quote } from './quote.ts';

export interface ImportedQuantization {
  /** By ValueId, as uint8; null at most for the output. */
  readonly values: readonly (Quantization | null)[];
  /** By node index, one per layer; the bias is at values[input].scale * weightScales[o]. */
  readonly layers: ReadonlyMap<number, LayerParameters>;
}

/**
 * Null where the file has no scales for activations, or lacks one that nothing but calibration can
 * give. Completes the drafts: scales that follow from others, clamps that stand in a zero point.
 */
export function importQuantization(
  drafts: readonly Draft[],
  notes: string[],
): ImportedQuantization | null {
  if (drafts.every(({ quantization }) => quantization === null)) return null;
  const [input] = drafts;
  if (drafts.some((draft) => draft.operation?.operator === 'embedding')) {
    input!.quantization ??= tokenQuantization;
  }
  for (const draft of drafts) draft.quantization ??= impliedQuantization(draft);
  const open = drafts.slice(0, -1).find(({ quantization }) => quantization === null);
  if (open !== undefined) {
    notes.push(
      `${quote(open.name)}: the file keeps this value in floats, so the model is quantised anew, by calibration`,
    );
    return null;
  }
  for (const draft of drafts.slice(0, -1)) recordSaturation(draft, notes);
  const layers = new Map<number, LayerParameters>();
  for (const [id, draft] of drafts.entries()) {
    const { layer, hiddenLayer, operation } = draft;
    if (layer === null || operation?.operator === 'embedding') continue;
    const inputScale = draft.inputs[0]!.quantization!.scale;
    const map = importLayer(draft, layer, { inputScale, notes });
    const options = { inputScale: hiddenQuantization.scale, notes };
    layers.set(
      id - 1,
      hiddenLayer === null ? map : joinMaps(map, importLayer(draft, hiddenLayer, options)),
    );
  }
  return { values: drafts.map(({ quantization }) => quantization), layers };
}

/**
 * Files have no scale for a value between two operators that are run as one. A pool's is its input's;
 * a function's covers what it makes of its input's 256 numbers, and a table's its vectors.
 */
function impliedQuantization({ inputs, operation, layer }: Draft): Quantization | null {
  const input = inputs[0]?.quantization ?? null;
  if (input === null || operation === null) return null;
  if (operation.operator === 'maxPool' || operation.operator === 'averagePool') return input;
  if (operation.operator === 'recurrent') return hiddenQuantization;
  if (operation.operator === 'concat') {
    const isSame = inputs.every(({ quantization }) => sameQuantization(quantization, input));
    return isSame ? input : null;
  }
  if (operation.operator === 'embedding') return chooseQuantization(rangeOf(layer!.weights));
  if (operation.operator !== 'lookup') return null;
  const { value } = activationOf(operation.attributes);
  const made = Array.from({ length: 256 }, (_, x) => value(input.scale * (x - input.zeroPoint)));
  return chooseQuantization(rangeOf(made));
}

function rangeOf(numbers: Iterable<number>): { minimum: number; maximum: number } {
  let [minimum, maximum] = [0, 0];
  for (const number of numbers) {
    minimum = Math.min(minimum, number);
    maximum = Math.max(maximum, number);
  }
  return { minimum, maximum };
}

/** A zero point of 0 cuts negative numbers off, which is a relu that the quantiser removed. */
function recordSaturation(draft: Draft, notes: string[]): void {
  const { operation, quantization } = draft;
  if (quantization?.zeroPoint !== 0 || operation === null) return;
  if (!('clamp' in operation.attributes) || operation.attributes.clamp !== null) return;
  draft.operation = {
    ...operation,
    attributes: { ...operation.attributes, clamp: relu },
  } as typeof operation;
  notes.push(
    `${quote(draft.name)}: its zero point cuts negative values off, so it is taken as followed by Relu`,
  );
}
