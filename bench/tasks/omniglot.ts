import { sharedArrays } from './shared-arrays.ts';
import { sharedFile } from './shared-file.ts';
// Hand-drawn characters of five alphabets, each drawn once by twenty people, as 28 x 28 images like MNIST's.
import type { LabelledSamples } from './task.ts';

export const dataSet = 'omniglot-small1';
export const drawers = 20;

const side = 105;
const rowBytes = 14;
const size = 28;
/** As MNIST's digits: the drawing fills 20 pixels of 28. */
const drawn = 20;

/** Names, `Greek/character01` and so on, by class; empty where the data set is not kept. */
export function characters(): readonly string[] {
  const json = sharedFile(`${dataSet}.json`);
  if (json === null) return [];
  return (JSON.parse(new TextDecoder().decode(json)) as { classes: string[] }).classes;
}

/** One image for each [character, drawer, class in the task]. Throws Error where the data set is not kept. */
export function drawings(
  wanted: readonly (readonly [character: number, drawer: number, label: number])[],
): LabelledSamples {
  const arrays = sharedArrays(dataSet);
  if (arrays === null) throw new Error(`omniglot: ${dataSet}.bin is not here`);
  const [bits, label] = [arrays.array('bits'), Array.from(arrays.array('label'))];
  const x = new Float32Array(wanted.length * size * size);
  wanted.forEach(([character, drawer], index) => {
    const row = label.indexOf(character) + drawer;
    const start = row * side * rowBytes;
    const isInk = (down: number, right: number): boolean =>
      ((bits[start + down * rowBytes + (right >> 3)]! >> (7 - (right & 7))) & 1) === 1;
    x.set(asDigit(isInk), index * size * size);
  });
  return { x, y: Uint8Array.from(wanted, ([, , own]) => own) };
}

/** Cropped to its ink, scaled to fill the square where MNIST's digits are, lines as thick as theirs. */
function asDigit(isInk: (down: number, right: number) => boolean): Float32Array {
  const inked: [number, number][] = [];
  for (let down = 0; down < side; down++) {
    for (let right = 0; right < side; right++) if (isInk(down, right)) inked.push([down, right]);
  }
  const [top, bottom] = boundsOf(inked.map(([down]) => down));
  const [left, right] = boundsOf(inked.map(([, at]) => at));
  const scale = (drawn - 1) / Math.max(1, bottom - top, right - left);
  const image = new Float32Array(size * size);
  // A pen of radius 1.1 pixels with a soft edge, drawn at every inked point.
  for (const [down, at] of inked) {
    const y = (down - (top + bottom) / 2) * scale + (size - 1) / 2;
    const x = (at - (left + right) / 2) * scale + (size - 1) / 2;
    for (let py = Math.max(0, Math.floor(y) - 1); py <= Math.min(size - 1, y + 2); py++) {
      for (let px = Math.max(0, Math.floor(x) - 1); px <= Math.min(size - 1, x + 2); px++) {
        const ink = Math.min(1, Math.max(0, 1.6 - Math.hypot(py - y, px - x)));
        image[py * size + px] = Math.max(image[py * size + px]!, ink);
      }
    }
  }
  return image;
}

function boundsOf(values: readonly number[]): [number, number] {
  return [Math.min(...values), Math.max(...values)];
}
