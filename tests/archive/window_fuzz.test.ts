/** Damaged archives, read in windows so small that every header and every entry is cut by some. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { default_codec_sizes } from "../../archive/codec.ts";
import type { ArchiveErrorCode, EntryOutcome, EntrySink } from "../../archive/index.ts";
import { ArchiveError, extract, open_archive } from "../../archive/index.ts";
import { noise, sha1, stream_all, text } from "./sinks.ts";
import { turns, watched_source } from "./watched_source.ts";
import type { EntryParts } from "./zip_builder.ts";
import { build_zip, extra } from "./zip_builder.ts";

const contents = [noise(160, 1), text(300), noise(0), noise(90, 3), text(400), noise(40, 5)];
const [first, second, third, fourth, fifth, sixth] = contents;
const entries: EntryParts[] = [
  { name: "a.jpg", data: first ?? noise(0), method: 0 },
  { name: "b/c.txt", data: second ?? noise(0), local: { extra: extra(0x9999, [8, 1], [8, 2]) } },
  { name: "empty", data: third ?? noise(0), method: 0 },
  { name: "d.jpg", data: fourth ?? noise(0), method: 0, descriptor: true },
  {
    name: "e.txt",
    data: fifth ?? noise(0),
    descriptor: true,
    central: { size: 0xffffffff },
    extra: extra(1, [8, 400]),
  },
  { name: "f.jpg", data: sixth ?? noise(0) },
];
/** The longest comment keeps the entries out of the last 64 KB, which are read when the archive is opened. */
const comment = Buffer.alloc(0xffff, " ");
const plain = build_zip({ entries, comment });
const zip64 = build_zip({ entries, zip64: "saturated", comment });
const hashes = contents.map(sha1);

interface Way {
  readonly window_bytes: number;
  readonly windows: number;
  readonly concurrency: number;
  readonly check_headers: "now" | "when_opened";
  readonly own_memory: boolean;
}

const sizes = [64, 100, 257, 1_000, 4_096];

/** Goes through the sizes and numbers of windows, so that each damage meets another of them. */
function way_of(number: number): Way {
  return {
    window_bytes: sizes[number % sizes.length] ?? 64,
    windows: 2 + (number % 3),
    concurrency: 1 + (number % 4),
    check_headers: number % 7 === 0 ? "now" : "when_opened",
    own_memory: number % 6 === 0,
  };
}

/** How the archives of this file ended, so that no test here can pass for want of an archive that opens. */
const tally = new Map<string, number>();

function count(what: string): void {
  tally.set(what, (tally.get(what) ?? 0) + 1);
}

/** Looks at the bytes only in the end, when the memory that they came from may be that of another window. */
const late_sink: EntrySink<string> = {
  async write(_entry, bytes) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of bytes) chunks.push(chunk);
    await turns(1);
    return { outcome: "stored", value: sha1(Buffer.concat(chunks)) };
  },
};

interface Result {
  /** Where the archive is refused. */
  readonly code?: ArchiveErrorCode;
  readonly outcomes?: readonly EntryOutcome<string>[];
}

/** Extracts through windows, and holds the windows to what they promise. */
async function result_of(bytes: Uint8Array, way: Way, codec: object, what: string): Promise<Result> {
  const source = watched_source(bytes, way);
  const { watch } = source;
  let result: Result;
  try {
    const archive = await open_archive(source, { ...codec, check_headers: way.check_headers });
    const outcomes = await extract(archive, late_sink, { concurrency: way.concurrency });
    expect(outcomes, what).toHaveLength(archive.entries.length);
    result = { outcomes };
  } catch (error) {
    if (!(error instanceof ArchiveError)) throw error;
    result = { code: error.code };
  }
  count(result.code ?? "opened");
  for (const outcome of result.outcomes ?? []) {
    count(outcome.outcome === "failed" ? `entry ${outcome.reason}` : outcome.outcome);
    if (outcome.outcome !== "failed") continue;
    expect(outcome.error ?? outcome.entry.fault, what).toBeDefined();
    // The source is sound and the sink as well.
    expect(["read_failed", "write_failed", "aborted", "not_attempted"], what).not.toContain(outcome.reason);
  }
  expect(watch.most_held, what).toBeLessThanOrEqual(watch.bound);
  expect(watch.longest, what).toBeLessThanOrEqual(way.window_bytes);
  expect(watch.memories.size, what).toBeLessThanOrEqual(watch.bound / way.window_bytes);
  expect(watch, what).toMatchObject({ under_way: 0, twice: 0, strays: 0 });
  return result;
}

/** Nothing is ever stored in the place of another entry, nor left out without an outcome. */
async function expect_right_places(bytes: Uint8Array, way: Way, codec: object, what: string): Promise<void> {
  const { outcomes } = await result_of(bytes, way, codec, what);
  if (outcomes === undefined) return;
  expect(outcomes, what).toHaveLength(contents.length);
  for (const [index, one] of outcomes.entries()) {
    if (one.outcome === "stored") expect(one.value, what).toBe(hashes[index]);
  }
}

/** From the first byte up to the comment. */
const structure = (archive: Buffer) => archive.byteLength - comment.byteLength;

/** Where each is worth damaging: up to its ZIP64 records, `zip64` is `plain`. */
const targets = [
  { archive: plain, from: 0 },
  { archive: zip64, from: structure(zip64) - 56 - 20 - 22 },
];

/** Streaming costs more for each entry, so that fewer bits and bytes are tried. */
const codecs = [
  ["whole", {}, 1],
  ["on the thread pool", { codec_sizes: { ...default_codec_sizes, sync: 0 } }, 4],
  ["streamed", { codec_sizes: { ...stream_all, read: 50 } }, 3],
] as const;

describe.each(codecs)("a damaged archive in windows, %s", (_how, codec, step) => {
  it("is undamaged at first, however it is cut", async () => {
    for (const archive of [plain, zip64]) {
      for (let number = 0; number < 60; number += step) {
        const { outcomes } = await result_of(archive, way_of(number), codec, `way ${number}`);
        expect(outcomes?.map((one) => one.outcome === "stored" && one.value)).toEqual(hashes);
      }
    }
  });

  it("with a bit of any byte turned gives the right bytes or an error", async () => {
    for (const { archive, from } of targets) {
      for (let bit = from * 8; bit < structure(archive) * 8; bit += 13 * step) {
        const damaged = Buffer.from(archive);
        const at = bit >> 3;
        damaged[at] = (damaged[at] ?? 0) ^ (1 << (bit & 7));
        await expect_right_places(damaged, way_of(bit), codec, `byte ${at}, bit ${bit & 7}`);
      }
    }
  });

  it("with a byte set to an extreme gives the right bytes or an error", async () => {
    for (const { archive, from } of targets) {
      for (let at = from; at < structure(archive); at += 3 * step - 1) {
        const value = [0x00, 0xff, 0x01, 0x7f, 0x80][at % 5] ?? 0;
        const damaged = Buffer.from(archive);
        damaged[at] = value;
        await expect_right_places(damaged, way_of(at), codec, `byte ${at} = ${value}`);
      }
    }
  });

  it("cut at any byte is refused", async () => {
    for (const archive of [plain, zip64]) {
      for (let length = 0; length < structure(archive); length += 5 * step) {
        const { code } = await result_of(
          archive.subarray(0, length),
          way_of(length),
          codec,
          `cut at ${length}`,
        );
        expect(code, `cut at ${length}`).toBeDefined();
      }
    }
  });

  it("without any one byte, or with one too many, gives no wrong bytes", async () => {
    for (let at = 0; at < structure(plain); at += 3 * step) {
      for (const [put, skip] of [
        [0, 1],
        [1, 0],
      ] as const) {
        const damaged = Buffer.concat([plain.subarray(0, at), noise(put, at), plain.subarray(at + skip)]);
        await expect_right_places(damaged, way_of(at), codec, `${put - skip} byte at ${at}`);
      }
    }
  });

  /** Windows of any size from 64 bytes to 4 KB. */
  const any_way = fc.record({
    window_bytes: fc.integer({ min: 64, max: 4_096 }),
    windows: fc.integer({ min: 2, max: 4 }),
    concurrency: fc.integer({ min: 1, max: 6 }),
    check_headers: fc.constantFrom("now" as const, "when_opened" as const),
    own_memory: fc.boolean(),
  });

  it("with pieces of it copied over others gives the right bytes or an error", async () => {
    const copy = fc.record({ from: fc.nat(), to: fc.nat(), length: fc.integer({ min: 1, max: 120 }) });
    const copies = fc.array(copy, { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(fc.boolean(), copies, any_way, async (wide, made, way) => {
        const archive = wide ? zip64 : plain;
        const end = structure(archive);
        const damaged = Buffer.from(archive);
        for (const { from, to, length } of made) {
          damaged.copyWithin(to % end, from % end, Math.min((from % end) + length, end));
        }
        await expect_known_bytes(damaged, way, codec);
      }),
      { numRuns: Math.ceil(500 / step) },
    );
  });

  it("spliced at random from pieces of archives gives only bytes that were put into one", async () => {
    const piece = fc.record({ wide: fc.boolean(), from: fc.nat(), length: fc.nat({ max: 700 }) });
    const junk = fc.uint8Array({ maxLength: 30 });
    const pieces = fc.array(fc.oneof(piece, junk), { maxLength: 4 });
    const ending = fc.record({ wide: fc.boolean(), from: fc.nat({ max: 900 }) });
    await fc.assert(
      fc.asyncProperty(pieces, ending, any_way, async (spliced, { wide, from }, way) => {
        const front = spliced.map((one) => (one instanceof Uint8Array ? one : cut_out(one)));
        const damaged = Buffer.concat([...front, (wide ? zip64 : plain).subarray(from)]);
        await expect_known_bytes(damaged, way, codec);
      }),
      { numRuns: Math.ceil(400 / step) },
    );
  });
});

/** Where entries may have changed places. */
async function expect_known_bytes(bytes: Uint8Array, way: Way, codec: object): Promise<void> {
  const { outcomes } = await result_of(bytes, way, codec, "spliced");
  for (const one of outcomes ?? []) {
    if (one.outcome === "stored") expect(hashes).toContain(one.value);
  }
}

function cut_out(piece: { wide: boolean; from: number; length: number }): Buffer {
  const archive = piece.wide ? zip64 : plain;
  const from = piece.from % structure(archive);
  return archive.subarray(from, Math.min(from + piece.length, structure(archive)));
}

it("were opened and failed in many ways", () => {
  const kinds = [...tally.keys()].filter((kind) => kind.startsWith("entry "));
  expect(tally.get("opened")).toBeGreaterThan(1_000);
  expect(tally.get("stored")).toBeGreaterThan(5_000);
  expect(kinds).toEqual(
    expect.arrayContaining([
      "entry corrupt_data",
      "entry crc_mismatch",
      "entry header_mismatch",
      "entry size_mismatch",
      "entry unsafe_path",
    ]),
  );
});
