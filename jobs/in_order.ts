/** Does several things at a time, and gives the results in the order in which they were asked for. */

export interface Bounds<Item> {
  /** So many are under way or wait to be taken. */
  readonly at_once: number;
  /** So much do they weigh together, but that one may always be under way. */
  readonly weight: number;
  weigh(item: Item): number;
  /** Calls off all that is under way. */
  readonly signal: AbortSignal;
}

/** What is under way when the results are taken no further is called off, and has ended when this returns. */
export async function* in_order<Item, Result>(
  items: Iterable<Item>,
  work: (item: Item, signal: AbortSignal) => Promise<Result>,
  { at_once, weight, weigh, signal }: Bounds<Item>,
): AsyncGenerator<readonly [Item, Result], void, undefined> {
  const end = new AbortController();
  const call_off = AbortSignal.any([signal, end.signal]);
  const under_way: { item: Item; result: Promise<Result> }[] = [];
  let heavy = 0;
  const take = async (): Promise<readonly [Item, Result] | undefined> => {
    const [first] = under_way;
    if (first === undefined) return undefined;
    const result = await first.result;
    under_way.shift();
    heavy -= weigh(first.item);
    return [first.item, result];
  };
  try {
    for (const item of items) {
      while (under_way.length > 0 && (under_way.length >= at_once || heavy + weigh(item) > weight)) {
        const taken = await take();
        if (taken !== undefined) yield taken;
      }
      const result = work(item, call_off);
      // Its failure is thrown when its turn comes.
      result.catch(() => {});
      under_way.push({ item, result });
      heavy += weigh(item);
    }
    for (let taken = await take(); taken !== undefined; taken = await take()) yield taken;
  } finally {
    end.abort();
    await Promise.allSettled(under_way.map(({ result }) => result));
  }
}
