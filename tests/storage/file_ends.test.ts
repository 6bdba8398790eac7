import { Readable } from "node:stream";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { END_BYTES, tail_keeper } from "../../storage/file_ends.ts";

describe("a keeper of the tail", () => {
  it("hands on every chunk, and has the last bytes then", async () => {
    const length = fc.oneof(fc.nat(5), fc.nat(END_BYTES + 5), fc.constantFrom(END_BYTES - 1, END_BYTES));
    await fc.assert(
      fc.asyncProperty(fc.array(length, { maxLength: 8 }), async (lengths) => {
        let next = 0;
        const chunks = lengths.map((bytes) =>
          Uint8Array.from({ length: bytes }, () => {
            next += 1;
            return next % 251;
          }),
        );
        const { through, tail } = tail_keeper();
        const seen: Uint8Array[] = [];
        for await (const chunk of through(Readable.from(chunks))) seen.push(chunk);
        expect(seen.map((chunk, index) => chunk === chunks[index])).toEqual(chunks.map(() => true));
        expect(Buffer.compare(tail(), Buffer.concat(chunks).subarray(-END_BYTES))).toBe(0);
      }),
      { numRuns: 40 },
    );
  });

  it("has nothing before anything came", () => {
    expect(tail_keeper().tail()).toHaveLength(0);
  });
});
