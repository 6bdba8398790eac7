import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { problem } from "../../layer/errors.ts";
import { each_photo } from "../../storage/each_photo.ts";
import { written_output } from "../support/written_output.ts";

const { signal } = new AbortController();
const time = () => ({ deadline: Date.now() + 29_000, signal });

describe("each_photo", () => {
  it("has an outcome for each file, in their order, 50 at a time at most", async () => {
    const files = fc.uniqueArray(fc.string({ maxLength: 4 }), { minLength: 1, maxLength: 150 });
    const work = fc.func(
      fc.constantFrom("done", "photo_not_found", "storage_refused", "storage_unavailable"),
    );
    await fc.assert(
      fc.asyncProperty(files, work, async (names, act) => {
        let under_way = 0;
        const outcomes = await each_photo(names, time(), async (file) => {
          under_way += 1;
          expect(under_way).toBeLessThanOrEqual(50);
          await new Promise((resolve) => setImmediate(resolve));
          under_way -= 1;
          const what = act(file);
          if (what === "done") return what;
          if (what === "photo_not_found") throw problem("photo_not_found", "");
          throw problem(what === "storage_refused" ? what : "storage_unavailable", "");
        });
        expect(outcomes).toEqual(
          names.map((file) => {
            const what = act(file);
            if (what === "done") return { file, outcome: "done" };
            return what === "photo_not_found"
              ? { file, outcome: "not_found" }
              : { file, outcome: "failed", code: what };
          }),
        );
      }),
      { numRuns: 30 },
    );
  });

  it("begins nothing when the time is nearly up", async () => {
    let begun = 0;
    const near = { deadline: Date.now() + 2_900, signal };
    const outcomes = await each_photo(["a", "b"], near, async () => {
      begun += 1;
      return "done";
    });
    expect(outcomes).toEqual(["a", "b"].map((file) => ({ file, outcome: "not_attempted" })));
    expect(begun).toBe(0);
  });

  it("tells of the others where the work on one fails unforeseen, and logs that", async () => {
    const output = written_output();
    const outcomes = await each_photo(["a", "b"], time(), async (file) => {
      if (file === "a") throw new TypeError("a mistake");
      return "done";
    });
    const logged = output.text();
    output.restore();
    expect(outcomes).toEqual([
      { file: "a", outcome: "failed", code: "internal_error" },
      { file: "b", outcome: "done" },
    ]);
    expect(logged).toContain("a mistake");
  });
});
