/** Items with the same key together, in the order in which keys first come. */
export function alike<Item>(
  items: readonly Item[],
  key: (item: Item) => string,
): [key: string, items: Item[]][] {
  const groups = new Map<string, Item[]>();
  for (const item of items) groups.set(key(item), [...(groups.get(key(item)) ?? []), item]);
  return [...groups];
}
