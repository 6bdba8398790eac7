import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { all_at_once } from "../../storage/all_at_once.ts";
import { caught } from "../support/caught.ts";

const turn = () => new Promise((resolve) => setImmediate(resolve));
const { signal } = new AbortController();

describe("all_at_once", () => {
  it("gives the results in the order of the items, so many at a time at most", async () => {
    const turns = fc.array(fc.nat({ max: 4 }), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(turns, fc.integer({ min: 1, max: 10 }), async (items, at_once) => {
        let under_way = 0;
        const results = await all_at_once(items, at_once, signal, async (item) => {
          under_way += 1;
          expect(under_way).toBeLessThanOrEqual(at_once);
          for (let left = item; left > 0; left -= 1) await turn();
          under_way -= 1;
          return item * 2;
        });
        expect(results).toEqual(items.map((item) => item * 2));
      }),
      { numRuns: 50 },
    );
  });

  it("leaves nothing under way where one fails, and says what that was", async () => {
    const error = new Error("the second");
    let begun = 0;
    let ended = 0;
    const failed = await caught(() =>
      all_at_once([0, 1, 2, 3, 4, 5, 6, 7], 3, signal, async (item, until) => {
        begun += 1;
        if (item === 1) throw error;
        const aborted = new Promise<never>((_, reject) =>
          until.addEventListener("abort", () => reject(new Error("called off"))),
        );
        await aborted.finally(() => {
          ended += 1;
        });
      }),
    );
    expect(failed).toBe(error);
    expect({ begun, ended }).toEqual({ begun: 3, ended: 2 });
  });

  it("is called off by the signal", async () => {
    const abort = new AbortController();
    const failed = caught(() =>
      all_at_once([1], 1, abort.signal, (_, until) => {
        const { promise, reject } = Promise.withResolvers<never>();
        until.addEventListener("abort", () => reject(until.reason));
        return promise;
      }),
    );
    abort.abort(new Error("the time is up"));
    expect(await failed).toMatchObject({ message: "the time is up" });
  });
});
