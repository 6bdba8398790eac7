import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ArchiveError, bytes_source, extract, open_archive } from "../../archive/index.ts";
import type { Content } from "./sinks.ts";
import { hashing_sink, noise, sha1, stream_all, text } from "./sinks.ts";
import type { EntryParts } from "./zip_builder.ts";
import { build_zip, extra } from "./zip_builder.ts";

const contents = [noise(60, 1), text(90), noise(0), noise(70, 3), text(200)];
const entries: EntryParts[] = [
  { name: "a.jpg", data: contents[0] ?? noise(0), method: 0 },
  { name: "b/c.txt", data: contents[1] ?? noise(0), comment: Buffer.from("why") },
  { name: "empty", data: noise(0), method: 0 },
  { name: "d.jpg", data: contents[3] ?? noise(0), method: 0, descriptor: true },
  {
    name: "e.txt",
    data: contents[4] ?? noise(0),
    descriptor: true,
    central: { size: 0xffffffff },
    extra: extra(1, [8, 200]),
  },
];
const known = new Set(contents.map(sha1));
const plain = build_zip({ entries, comment: Buffer.from("a comment") });
const zip64 = build_zip({ entries, zip64: "saturated" });
/** Where each is worth damaging: up to its ZIP64 records, `zip64` is `plain`. */
const targets = [
  { archive: plain, from: 0 },
  { archive: zip64, from: zip64.byteLength - 56 - 20 - 22 },
];
const prefixed = Buffer.concat([Buffer.from("#!stub\n"), build_zip({ entries: entries.slice(0, 2) })]);

/** The content of every entry that is stored, by its place; undefined for an archive that is refused. */
async function stored_by(bytes: Uint8Array, codec = {}): Promise<(Content | undefined)[] | undefined> {
  try {
    const archive = await open_archive(bytes_source(bytes), codec);
    const outcomes = await extract(archive, hashing_sink);
    expect(outcomes).toHaveLength(archive.entries.length);
    return outcomes.map((outcome) => (outcome.outcome === "stored" ? outcome.value : undefined));
  } catch (error) {
    expect(error).toBeInstanceOf(ArchiveError);
    return undefined;
  }
}

/** Streaming costs more for each entry, so that it is tried on every 7th bit and every 4th byte only. */
const ways = [
  ["whole", {}, 1],
  ["streamed", { codec_sizes: stream_all }, 4],
] as const;

describe.each(ways)("a damaged archive, %s", (_way, codec, step) => {
  it("is undamaged at first", async () => {
    for (const archive of [plain, zip64]) {
      const stored = await stored_by(archive, codec);
      expect(stored?.map((content) => content?.sha1)).toEqual(contents.map(sha1));
    }
  });

  it("cut at any byte is refused", async () => {
    for (const archive of [plain, zip64, prefixed]) {
      for (let length = 0; length < archive.byteLength; length += 1) {
        expect(await stored_by(archive.subarray(0, length), codec), `cut at ${length}`).toBeUndefined();
      }
    }
  });

  it("without any one byte gives no wrong bytes", async () => {
    for (let at = 0; at < plain.byteLength; at += 1) {
      await expect_right_places(
        Buffer.concat([plain.subarray(0, at), plain.subarray(at + 1)]),
        `without ${at}`,
      );
    }
  });

  it("with any one bit turned gives the right bytes or an error", async () => {
    for (const { archive, from } of targets) {
      for (let bit = from * 8; bit < archive.byteLength * 8; bit += step * 2 - 1) {
        const damaged = Buffer.from(archive);
        const at = bit >> 3;
        damaged[at] = (damaged[at] ?? 0) ^ (1 << (bit & 7));
        await expect_right_places(damaged, `byte ${at}, bit ${bit & 7}`);
      }
    }
  });

  it("with any one byte set to an extreme gives the right bytes or an error", async () => {
    for (const { archive, from } of targets) {
      for (let at = from; at < archive.byteLength; at += step) {
        for (const value of [0x00, 0x01, 0x7f, 0x80, 0xff]) {
          const damaged = Buffer.from(archive);
          damaged[at] = value;
          await expect_right_places(damaged, `byte ${at} = ${value}`);
        }
      }
    }
  });

  /** Nothing is ever stored in the place of another entry, nor left out without an outcome. */
  async function expect_right_places(damaged: Uint8Array, what: string): Promise<void> {
    const stored = await stored_by(damaged, codec);
    if (stored === undefined) return;
    expect(stored, what).toHaveLength(contents.length);
    for (const [index, content] of stored.entries()) {
      if (content !== undefined) expect(content.sha1, what).toBe(sha1(contents[index] ?? ""));
    }
  }

  it("spliced at random from pieces of archives gives only bytes that were put into one", async () => {
    const piece = fc
      .tuple(fc.constantFrom(plain, zip64, prefixed), fc.nat(), fc.nat({ max: 400 }))
      .map(([archive, start, length]) => {
        const from = start % archive.byteLength;
        return archive.subarray(from, from + length);
      });
    const junk = fc.uint8Array({ maxLength: 30 });
    const ending = fc.constantFrom(plain, zip64, prefixed).map((archive) => archive.subarray(-500));
    const spliced = fc
      .tuple(fc.array(fc.oneof(piece, junk), { maxLength: 6 }), ending)
      .map(([pieces, end]) => Buffer.concat([...pieces, end]));
    await fc.assert(
      fc.asyncProperty(spliced, async (damaged) => {
        for (const content of (await stored_by(damaged, codec)) ?? []) {
          if (content !== undefined) expect(known).toContain(content.sha1);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("overwritten at random gives the right bytes or an error", async () => {
    const patch = fc.tuple(
      fc.nat(),
      fc.oneof(fc.uint8Array({ maxLength: 12 }), fc.constant(plain.subarray(-31, -9))),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(patch, { minLength: 1, maxLength: 4 }), async (patches) => {
        const damaged = Buffer.from(zip64);
        for (const [start, bytes] of patches)
          damaged.set(bytes.slice(0, 4), start % (damaged.byteLength - 4));
        for (const content of (await stored_by(damaged, codec)) ?? []) {
          if (content !== undefined) expect(known).toContain(content.sha1);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe("what is no archive", () => {
  it("is refused with a code, whatever the bytes", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
        expect(await stored_by(bytes)).toBeUndefined();
      }),
      { numRuns: 1_000 },
    );
  });
});
