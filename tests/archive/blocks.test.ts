import { describe, expect, it } from "vitest";
import { block_source } from "../../archive/blocks.ts";
import type { ByteSource, Region } from "../../archive/index.ts";
import { noise } from "./sinks.ts";

const bytes = noise(100_000);

interface Listed extends ByteSource {
  readonly reads: Region[];
  aborted: number;
}

/** `before` the nth read, from 1, may wait, or throw in its place. */
const listed = (before: (nth: number) => Promise<void> = async () => {}): Listed => ({
  size: bytes.byteLength,
  reads: [],
  aborted: 0,
  async read(start, end, signal) {
    this.reads.push({ start, end });
    await before(this.reads.length);
    if (signal?.aborted) this.aborted += 1;
    signal?.throwIfAborted();
    return bytes.subarray(start, end);
  },
});

const options = { block_bytes: 8_000, blocks: 2 };
const equals = (read: Uint8Array, start: number, end: number): boolean =>
  Buffer.from(read).equals(bytes.subarray(start, end));

describe("pieces that are read in blocks", () => {
  it("are fetched once where they lie near each other, in whatever order", async () => {
    const below = listed();
    const source = block_source(below, options);
    for (const start of [20_000, 20_500, 19_100, 26_000]) {
      expect(equals(await source.read(start, start + 900), start, start + 900)).toBe(true);
    }
    expect(below.reads).toEqual([{ start: 19_000, end: 27_000 }]);
  });

  it("are fetched once where they are asked for at the same time", async () => {
    const below = listed();
    const source = block_source(below, options);
    const starts = [50_100, 50_000, 50_300, 50_200];
    const read = await Promise.all(starts.map((start) => source.read(start, start + 100)));
    expect(read.map((one, i) => equals(one, starts[i] ?? 0, (starts[i] ?? 0) + 100))).not.toContain(false);
    expect(below.reads).toHaveLength(1);
  });

  it("are right wherever they lie, and however long they are", async () => {
    const source = block_source(listed(), options);
    const pieces = [
      [0, 1],
      [0, 20_000],
      [99_999, 100_000],
      [95_000, 100_000],
      [6_999, 7_001],
      [500, 500],
    ] as const;
    for (const [start, end] of pieces) expect(equals(await source.read(start, end), start, end)).toBe(true);
  });

  it("are let go when others have been fetched", async () => {
    const below = listed();
    const source = block_source(below, options);
    for (const start of [10_000, 30_000, 10_000, 50_000, 10_000]) await source.read(start, start + 10);
    expect(below.reads.map(({ start }) => start)).toEqual([9_000, 29_000, 49_000, 9_000]);
  });

  it("are not fetched where they are known", async () => {
    const below = listed();
    const source = block_source(below, options, { start: 90_000, bytes: bytes.subarray(90_000) });
    expect(equals(await source.read(90_000, 91_000), 90_000, 91_000)).toBe(true);
    expect(below.reads).toEqual([]);
    await source.read(89_999, 90_001);
    expect(below.reads).toHaveLength(1);
  });

  it("are fetched anew after a failure, of which all hear who waited", async () => {
    const below = listed(async (nth) => {
      if (nth === 1) throw new Error("the disk is gone");
    });
    const source = block_source(below, options);
    const both = [source.read(100, 200), source.read(300, 400)];
    for (const one of both) await expect(one).rejects.toMatchObject({ code: "read_failed" });
    expect(below.reads).toHaveLength(1);
    expect(equals(await source.read(300, 400), 300, 400)).toBe(true);
    expect(below.reads).toHaveLength(2);
  });

  it("still come for the others where one gives up, and for nobody after the end", async () => {
    const gate = Promise.withResolvers<void>();
    const below = listed(() => gate.promise);
    const source = block_source(below, options);
    const given_up = new AbortController();
    const first = source.read(0, 10, given_up.signal);
    const second = source.read(10, 20);
    given_up.abort(new Error("enough"));
    await expect(first).rejects.toThrow("enough");
    const end = source.end();
    gate.resolve();
    await expect(second).rejects.toThrow();
    await end;
    expect(below.aborted).toBe(1);
  });
});
