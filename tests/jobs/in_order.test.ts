import { setTimeout } from "node:timers/promises";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { in_order } from "../../jobs/in_order.ts";
import { caught } from "../support/caught.ts";

interface Item {
  readonly weight: number;
  readonly takes: number;
}

const { signal } = new AbortController();

const items = fc.array(
  fc.record({ weight: fc.integer({ min: 0, max: 20 }), takes: fc.integer({ min: 0, max: 3 }) }),
  {
    maxLength: 40,
  },
);

describe("in_order", () => {
  it("gives all results in their order, and never has more under way than it may", async () => {
    await fc.assert(
      fc.asyncProperty(items, fc.integer({ min: 1, max: 6 }), async (given, at_once) => {
        let under_way = 0;
        let heavy = 0;
        const work = async (item: Item): Promise<Item> => {
          under_way += 1;
          heavy += item.weight;
          expect(under_way).toBeLessThanOrEqual(at_once);
          if (under_way > 1) expect(heavy).toBeLessThanOrEqual(30);
          await setTimeout(item.takes);
          under_way -= 1;
          heavy -= item.weight;
          return item;
        };
        const seen: Item[] = [];
        const bounds = { at_once, weight: 30, weigh: ({ weight }: Item) => weight, signal };
        for await (const [item, result] of in_order(given, work, bounds)) {
          expect(result).toBe(item);
          seen.push(item);
        }
        expect(seen).toEqual(given);
        expect(under_way).toBe(0);
      }),
      { numRuns: 50 },
    );
  });

  const light = { at_once: 3, weight: 3, weigh: () => 1, signal };

  it("throws a failure when its turn comes, when all others have been called off and have ended", async () => {
    const ended: number[] = [];
    const work = async (item: number, call_off: AbortSignal): Promise<number> => {
      if (item === 1) throw new Error("one");
      if (item > 1) await setTimeout(60_000, undefined, { signal: call_off }).catch(() => ended.push(item));
      return item;
    };
    const seen: number[] = [];
    const error = await caught(async () => {
      for await (const [item] of in_order([0, 1, 2, 3], work, light)) seen.push(item);
    });
    expect(error).toMatchObject({ message: "one" });
    expect(seen).toEqual([0]);
    expect(ended).toEqual([2, 3]);
  });

  it("calls off what is under way where nobody takes the rest", async () => {
    const signals: AbortSignal[] = [];
    const work = async (item: number, call_off: AbortSignal): Promise<number> => {
      signals.push(call_off);
      return item;
    };
    for await (const [item] of in_order([0, 1, 2, 3], work, light)) if (item === 0) break;
    expect(signals.every(({ aborted }) => aborted)).toBe(true);
  });

  it("calls off what is under way where it is called off itself", async () => {
    const end = new AbortController();
    const bounds = { ...light, signal: end.signal };
    const work = (item: number, call_off: AbortSignal) =>
      setTimeout(item === 0 ? 0 : 60_000, item, { signal: call_off });
    const error = await caught(async () => {
      for await (const _ of in_order([0, 1, 2], work, bounds)) end.abort();
    });
    expect(error).toMatchObject({ name: "AbortError" });
  });
});
