// A seeded order. mulberry32 (T. Ettinger, public domain formula) and Fisher-Yates.

/** A new array with the items of `items` in an order fixed by `seed`. */
export function shuffled<Item>(items: readonly Item[], seed: number): Item[] {
  const order = [...items];
  let state = seed >>> 0;
  for (let last = order.length - 1; last > 0; last--) {
    state = (state + 0x6d2b79f5) >>> 0;
    let hash = Math.imul(state ^ (state >>> 15), state | 1);
    hash ^= hash + Math.imul(hash ^ (hash >>> 7), hash | 61);
    const pick = Math.floor((((hash ^ (hash >>> 14)) >>> 0) / 2 ** 32) * (last + 1));
    [order[last], order[pick]] = [order[pick]!, order[last]!];
  }
  return order;
}
