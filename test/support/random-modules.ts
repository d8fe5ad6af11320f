// Models of random modules for properties that must hold on every graph.
import type { Model, Module, ValueId } from '#runtime';

import { RandomModel, windowOf } from './random-model.ts';

const same = windowOf(3, { pads: [1, 1, 1, 1] });

/** Each adds one module's nodes after `x`. */
const moduleKinds = {
  plain: (m, x) => m.conv(x, { outputChannels: 6, window: same, clamp: 'relu' }),
  strided: (m, x) =>
    m.conv(x, { outputChannels: 4, window: windowOf(2, { stride: 2, pads: [1, 1, 1, 1] }) }),
  residual: (m, x) => {
    const y = m.conv(x, { outputChannels: m.shapeOf(x)[2], window: same, clamp: 'relu6' });
    return m.add(x, m.add(y, x), 'relu');
  },
  separable: (m, x) => {
    const inside = m.shapeOf(x)[2];
    const y = m.conv(x, { outputChannels: inside, groups: inside, window: same, clamp: 'relu' });
    return m.conv(y, { outputChannels: 8, window: windowOf(1) });
  },
  branches: (m, x) =>
    m.concat(
      m.maxPool(x, same),
      m.conv(x, { outputChannels: 3, window: windowOf(1), clamp: 'band' }),
      m.averagePool(x, same),
    ),
  squeeze: (m, x) => {
    const [height, width, channels] = m.shapeOf(x);
    const mean = m.averagePool(x, windowOf([height, width]));
    const gate = m.lookup(m.dense(mean, { outputChannels: channels }), 'sigmoid');
    return m.mul(x, gate);
  },
  table: (m, x) => m.lookup(x, 'tanh'),
  square: (m, x) => m.mul(x, x),
} as const satisfies Record<string, (model: RandomModel, x: ValueId) => ValueId>;

export type ModuleKind = keyof typeof moduleKinds;

export const allModuleKinds = Object.keys(moduleKinds) as readonly ModuleKind[];

/** One module of each kind given, in order, on 6x5x3, and a module of logits. */
export function modelOfModules(
  kinds: readonly ModuleKind[],
  seed: number,
): { readonly model: Model; readonly modules: readonly Module[] } {
  const random = new RandomModel(seed, [6, 5, 3]);
  let x = 0;
  for (const kind of kinds) {
    x = moduleKinds[kind](random, x);
    random.cut();
  }
  random.logits(x, 4);
  random.cut();
  return random.finish();
}
