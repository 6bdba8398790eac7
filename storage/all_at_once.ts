/** Does the same to each of many, some at a time; what fails once is called off as a whole. */

/**
 * Where a work fails, those that are under way are aborted and none is begun: nothing goes on behind the answer of a function,
 * which would then be done in somebody else's time.
 *
 * @returns what each work gave, in the order of the items
 * @throws what the first work that failed has thrown
 */
export async function all_at_once<Item, Result>(
  items: readonly Item[],
  at_once: number,
  signal: AbortSignal,
  work: (item: Item, until: AbortSignal) => Promise<Result>,
): Promise<Result[]> {
  const failure = new AbortController();
  const until = AbortSignal.any([signal, failure.signal]);
  const results: Result[] = [];
  const waiting = items.entries();
  const worker = async (): Promise<void> => {
    for (const [index, item] of waiting) {
      if (failure.signal.aborted) return;
      results[index] = await work(item, until);
    }
  };
  const workers = Array.from({ length: Math.min(at_once, items.length) }, worker);
  try {
    await Promise.all(workers);
  } catch (error) {
    failure.abort();
    await Promise.allSettled(workers);
    throw error;
  }
  return results;
}
