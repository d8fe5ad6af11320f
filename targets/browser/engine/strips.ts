// Predicting one sample: its rows as four strips, as if they were four samples. Strip s of a value of
// `height` rows holds rows s * rows to (s + 1) * rows - 1, in component s of the texels (texture.ts), so
// that one read of a weight serves four rows. A window that leaves its strip reads the next one's
// component (window-sums.ts). Rows from `height` on may hold anything.
//
// A value whose one strip is its whole height lies as any single sample does. Which values lie how is
// worked out once; where a node wants another height than the node before made, the value is copied.
import type { Shape } from '#runtime';

import type { Gpu } from './gpu.ts';
import type { Program } from './program.ts';
import { itemAt, quadsOf } from './site.ts';
import type { AnySite } from './site.ts';
import type { Texture } from './texture.ts';

export interface StripPlan {
  /** Rows in a strip, by ValueId. */
  readonly rows: readonly number[];
  readonly nodes: readonly StripNode[];
}

interface StripNode {
  /** The node with strips in place of its shapes' heights. */
  readonly site: AnySite;
  /** Rows in a strip of each input, as the node wants them. */
  readonly wanted: readonly number[];
}

export function planStrips(sites: readonly AnySite[], inputShape: Shape): StripPlan {
  const first = sites.find(({ inputs }) => inputs.includes(0));
  const rows = [first === undefined ? inputShape[0] : (windowRows(first)?.wanted ?? inputShape[0])];
  const nodes = sites.map((site): StripNode => {
    const { wanted, made } = rowsOf(site, rows);
    rows.push(made);
    const inputShapes = site.inputShapes.map((shape, input) => ofHeight(shape, wanted[input] ?? 1));
    const outputShape = ofHeight(site.outputShape, made);
    return { site: { ...site, inputShapes, outputShape }, wanted };
  });
  return { rows, nodes };
}

function ofHeight([, width, channels]: Shape, height: number): Shape {
  return [height, width, channels];
}

function rowsOf(
  site: AnySite,
  rows: readonly number[],
): { readonly wanted: readonly number[]; readonly made: number } {
  const window = windowRows(site);
  if (window !== null) return { wanted: [window.wanted], made: window.made };
  const [height, width] = site.outputShape;
  const isElementwise = site.inputShapes.every((own) => own[0] === height && own[1] === width);
  const made = isElementwise ? itemAt(rows, itemAt(site.inputs, 0)) : height;
  return { wanted: site.inputShapes.map((own) => (isElementwise ? made : own[0])), made };
}

/** Rows in the strips of a node with a window, null for another; whole heights where strips do not pay. */
function windowRows(site: AnySite): { readonly wanted: number; readonly made: number } | null {
  if (!('window' in site.attributes)) return null;
  const { kernel, stride, dilation, pads } = site.attributes.window;
  const [[height] = [0], [outputHeight]] = [site.inputShapes[0], site.outputShape];
  const made = Math.ceil(Math.max(outputHeight, height / stride[0]) / 4);
  const staysInside = pads[0] + pads[2] === 0 && (kernel[0] - 1) * dilation[0] < stride[0];
  return (site.operator === 'conv' || staysInside) && 2 * made <= outputHeight
    ? { wanted: made * stride[0], made }
    : { wanted: height, made: outputHeight };
}

const program = {
  name: 'strips',
  inputs: { values: 'values' },
  outputs: ['values'],
  body: `
void run(int i) {
  int y = i / pitch;
  uvec4 v = uvec4(0);
  for (int s = 0; s < 4; s++) {
    int row = min(s * to + y, height - 1);
    int strip = row / from;
    v[s] = texelFetch(values, at((row - strip * from - y) * pitch + i), 0)[strip];
  }
  result0 = v;
}`,
} as const satisfies Program;

/** The value with strips of `to` rows instead of `from`, the caller's. */
export function inStrips(
  gpu: Gpu,
  values: Texture,
  shape: Shape,
  { from, to }: { readonly from: number; readonly to: number },
): Texture {
  if (from === to) return values.retain();
  const pitch = shape[1] * quadsOf(shape);
  return gpu.make(program, {
    inputs: { values },
    uniforms: { pitch, height: shape[0], from, to },
    count: to * pitch,
  });
}
