import { describe, expect, it } from "vitest";
import { bytes_source, lend_exactly } from "../../archive/byte_source.ts";

describe("lend_exactly", () => {
  it.each([
    [
      "lends",
      {
        ...bytes_source(Buffer.from("photo")),
        lend: async (start, end, use) => use(Buffer.alloc(end - start)),
      },
    ],
    ["only reads", bytes_source(Buffer.from("photo"))],
  ] satisfies [string, Parameters<typeof lend_exactly>[0]][])(
    "throws what its user throws, of a source that %s",
    async (_what, source) => {
      const mine = new Error("what was read is of no use");
      const use = () => Promise.reject(mine);
      await expect(lend_exactly(source, 1, 4, use)).rejects.toBe(mine);
    },
  );
});
