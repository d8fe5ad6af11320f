// Courses, and processes in which only memory is counted, do not disturb each other: two at a time.

/** Results in the order of the items. Rejects with the first error, once the call beside it has ended too. */
export async function twoAtATime<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = Array.from({ length: items.length });
  const errors: unknown[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < items.length && errors.length === 0) {
      const index = next++;
      try {
        results[index] = await work(items[index]!);
      } catch (error) {
        errors.push(error);
      }
    }
  };
  await Promise.all([worker(), worker()]);
  if (errors.length > 0) throw errors[0];
  return results;
}
