import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ArchiveEntry } from "../../archive/index.ts";
import { bytes_of, cut_shards, in_order_of_bytes } from "../../jobs/shards.ts";
import { holds } from "../support/holds.ts";

const MIB = 1024 * 1024;

const entry = (fields: Partial<ArchiveEntry>, index = 0): ArchiveEntry => ({
  index,
  path: `${index}.jpg`,
  kind: "file",
  size: 1,
  compressed_size: 1,
  crc32: 0,
  modified: undefined,
  fault: undefined,
  method: 0,
  flags: 0,
  raw_name: Buffer.alloc(0),
  header_offset: index * 100,
  region_end: index * 100 + 100,
  ...fields,
});

const entries_of = (count: number, fields: Partial<ArchiveEntry>): ArchiveEntry[] =>
  Array.from({ length: count }, (_, index) => entry(fields, index));

const in_json = (name: string): number => Buffer.byteLength(JSON.stringify(JSON.stringify(name)));

describe("cut_shards", () => {
  it("has every entry in one shard, in the order, and no shard with more than a worker or an answer takes", () => {
    const any_entry = fc.record({
      size: fc.oneof(fc.nat(10 * MIB), fc.nat(600 * MIB)),
      path: fc.oneof(
        fc.string(),
        fc.nat(60_000).map((length) => "\u0001".repeat(length)),
      ),
      fault: fc.constantFrom(undefined, undefined, undefined, "unsafe_path" as const),
    });
    const any_entries = fc.array(any_entry, { maxLength: 60 });
    holds(
      fc.property(any_entries, (fields) => {
        const entries = fields.map(entry);
        const shards = cut_shards(entries);
        let next = 0;
        for (const shard of shards) {
          expect(shard.first).toBe(next);
          const its = entries.slice(next, next + shard.entries);
          expect(its).toHaveLength(shard.entries);
          expect(shard.bytes).toBe(its.reduce((sum, one) => sum + bytes_of(one), 0));
          if (its.length > 1) {
            expect(its.length).toBeLessThanOrEqual(500);
            expect(shard.bytes).toBeLessThanOrEqual(256 * MIB);
            expect(its.reduce((sum, { path }) => sum + in_json(path), 0)).toBeLessThanOrEqual(512 * 1024);
          }
          next += shard.entries;
        }
        expect(next).toBe(entries.length);
      }),
    );
  });

  it.each([
    ["100,000 small entries", entries_of(100_000, { size: 50_000 }), 200],
    ["a holiday of 400 photos and a gigabyte", entries_of(400, { size: 2_500_000 }), 16],
    ["50 photos", entries_of(50, { size: 3_000_000 }), 10],
    ["20 small photos", entries_of(20, { size: 100_000 }), 1],
    ["ten of 5 GiB", entries_of(10, { size: 5 * 1024 * MIB }), 10],
    ["nothing", [], 0],
  ])("cuts %s", (_, entries, shards) => {
    expect(cut_shards(entries)).toHaveLength(shards);
  });

  it("counts no bytes that an entry only claims to have", () => {
    const entries = entries_of(30, { size: 2 ** 50, fault: "entry_too_large" });
    expect(cut_shards(entries).map(({ entries: count, bytes }) => [count, bytes])).toEqual([
      [25, 0],
      [5, 0],
    ]);
  });
});

describe("in_order_of_bytes", () => {
  it("goes by where the entries lie, and not by the directory", () => {
    const directory = [300, 100, 200].map((header_offset, index) => entry({ header_offset }, index));
    expect(in_order_of_bytes(directory).map(({ index }) => index)).toEqual([1, 2, 0]);
    expect(directory.map(({ index }) => index)).toEqual([0, 1, 2]);
  });
});
