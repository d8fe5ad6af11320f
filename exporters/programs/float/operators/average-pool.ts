import { windowCounts } from '../../pool-window.ts';
import type { ProgramGraph } from '../../program-graph.ts';
import type { FloatOperatorProgram, FloatSite } from '../float-operator.ts';
import { spreadOverWindow } from '../float-spread.ts';
import { floatViews } from '../float-views.ts';

// y[p, c] = r[p] sum over k of x[gather(p, k), c],  r[p] = 1 / positions of the window that count
// dx[gather(p, k), c] += r[p] dy[p, c]
export const averagePool: FloatOperatorProgram<'averagePool'> = {
  forward(graph, site, [x]) {
    if (coversInput(site)) return graph.node('GlobalAveragePool', [x!]);
    const views = floatViews(graph, x!, {
      shape: site.inputShapes[0]!,
      window: site.attributes.window,
    });
    return graph.multiply(graph.node('Sum', views), reciprocals(graph, site));
  },

  backward(graph, site, { gradient, wanted }) {
    if (!wanted[0]!) return [null];
    const [height, width, channels] = site.inputShapes[0]!;
    const share = graph.multiply(gradient, reciprocals(graph, site));
    if (coversInput(site)) {
      return [graph.node('Expand', [share, graph.int64([1, channels, height, width])])];
    }
    const { kernel } = site.attributes.window;
    const shares = Array.from({ length: kernel[0] * kernel[1] }, () => share);
    return [spreadOverWindow(graph, shares, site)];
  },
};

function reciprocals(graph: ProgramGraph, site: FloatSite<'averagePool'>): string {
  const { window, countPadding } = site.attributes;
  const counts = windowCounts(site.inputShapes[0]!, window, countPadding);
  const [height, width] = site.outputShape;
  const values = Float32Array.from(counts, (count) => 1 / count);
  const name = `reciprocals:${site.index}`;
  return graph.once(name, () => graph.constant(name, values, [height, width]));
}

function coversInput({ attributes, inputShapes, outputShape }: FloatSite<'averagePool'>): boolean {
  const { kernel, pads } = attributes.window;
  const [height, width] = inputShapes[0]!;
  return (
    outputShape[0] * outputShape[1] === 1 &&
    kernel[0] === height &&
    kernel[1] === width &&
    pads.every((pad) => pad === 0)
  );
}
