import { constants, deflateRawSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import type { CodecSizes } from "../../archive/codec.ts";
import { decompress_small, decompress_stream, default_codec_sizes } from "../../archive/codec.ts";
import { type ByteSource, bytes_source, open_archive, open_entry } from "../../archive/index.ts";
import { collect, counting_source, noise, stream_all, text } from "./sinks.ts";
import type { EntryParts } from "./zip_builder.ts";
import { build_zip, extra } from "./zip_builder.ts";

/** Each forces one of the codec's ways on entries of any size. */
const ways: readonly (readonly [string, CodecSizes])[] = [
  ["on this thread", { sync: 2 ** 30, whole: 2 ** 30, read: 1 }],
  ["on the thread pool", { sync: 0, whole: 2 ** 30, read: 1 }],
  ["streamed", { sync: 0, whole: 0, read: 64 * 1024 }],
  ["streamed in small pieces", { sync: 0, whole: 0, read: 97 }],
];

async function first_entry(parts: EntryParts, codec_sizes: CodecSizes) {
  const zip = build_zip({ entries: [parts, { name: "last", data: noise(50) }] });
  const archive = await open_archive(bytes_source(zip), { codec_sizes });
  const [entry] = archive.entries;
  if (entry === undefined) throw new Error("no entry");
  return { archive, entry };
}

async function read_first(parts: EntryParts, codec_sizes: CodecSizes): Promise<Buffer> {
  const { archive, entry } = await first_entry(parts, codec_sizes);
  return collect(open_entry(archive, entry));
}

describe.each(ways)("an entry, %s", (_way, sizes) => {
  it.each([
    ["empty", new Uint8Array()],
    ["one byte", Buffer.from("x")],
    ["noise", noise(40_000)],
    ["text", text(40_000)],
    ["zeros", Buffer.alloc(500_000)],
  ])("comes out as it went in: %s", async (_what, data) => {
    for (const parts of [{ method: 8 }, { method: 0 }, { method: 8, descriptor: true }]) {
      expect((await read_first({ name: "a", data, ...parts }, sizes)).equals(data)).toBe(true);
    }
  });

  it("that is empty may have no compressed data at all", async () => {
    expect(await read_first({ name: "a", compressed: new Uint8Array() }, sizes)).toHaveLength(0);
  });

  it("that is empty gives no chunk, rather than an empty one", async () => {
    for (const method of [0, 8]) {
      const { archive, entry } = await first_entry({ name: "a", method }, sizes);
      expect(await open_entry(archive, entry).next()).toEqual({ done: true, value: undefined });
    }
  });

  const data = text(30_000);
  const compressed = deflateRawSync(data);
  it.each<[string, Partial<EntryParts>, string]>([
    ["no data", { compressed: new Uint8Array() }, "corrupt_data"],
    ["data cut by a byte", { compressed: compressed.subarray(0, -1) }, "corrupt_data"],
    ["data cut in half", { compressed: compressed.subarray(0, compressed.byteLength / 2) }, "corrupt_data"],
    ["a byte after the data", { compressed: Buffer.concat([compressed, Buffer.alloc(1)]) }, "corrupt_data"],
    ["junk after the data", { compressed: Buffer.concat([compressed, noise(70_000)]) }, "corrupt_data"],
    ["a second stream", { compressed: Buffer.concat([compressed, compressed]) }, "corrupt_data"],
    ["no DEFLATE", { compressed: Buffer.alloc(100, 0xff) }, "corrupt_data"],
    ["a wrong CRC-32", { central: { crc32: 7 } }, "crc_mismatch"],
    ["a wrong CRC-32, stored", { method: 0, compressed: data, central: { crc32: 7 } }, "crc_mismatch"],
    ["fewer bytes than declared", { central: { size: 30_001 }, local: { size: 30_001 } }, "size_mismatch"],
    ["one byte more than declared", { central: { size: 29_999 }, local: { size: 29_999 } }, "size_mismatch"],
    ["far more than declared", { central: { size: 1 }, local: { size: 1 } }, "size_mismatch"],
    ["bytes, but declares none", { central: { size: 0 }, local: { size: 0 } }, "size_mismatch"],
    ["encryption", { flags: 1 }, "encrypted"],
  ])("fails with a code: %s", async (_what, lie, code) => {
    await expect(read_first({ name: "a", data, compressed, ...lie }, sizes)).rejects.toMatchObject({
      code,
      entry: "a",
    });
  });

  it("can be left after its first chunk", async () => {
    const { archive, entry } = await first_entry({ name: "a", data: text(400_000) }, sizes);
    for await (const chunk of open_entry(archive, entry)) {
      expect(chunk.byteLength).toBeGreaterThan(0);
      break;
    }
    expect(await collect(open_entry(archive, entry))).toHaveLength(400_000);
  });

  it("stops when the signal is aborted", async () => {
    const { archive, entry } = await first_entry({ name: "a", data: text(400_000) }, sizes);
    const reason = new Error("enough");
    await expect(collect(open_entry(archive, entry, { signal: AbortSignal.abort(reason) }))).rejects.toBe(
      reason,
    );
  });

  it("says so when the source fails, whichever read it is", async () => {
    const zip = build_zip({ entries: [{ name: "a", data: noise(300) }] });
    const options = { codec_sizes: sizes, check_headers: "when_opened" } as const;
    const healthy = counting_source(zip);
    await open_archive(healthy, options);
    for (let failing = healthy.reads; ; failing += 1) {
      const source = counting_source(zip, failing);
      const archive = await open_archive(source, options);
      const [entry] = archive.entries;
      if (entry === undefined) throw new Error("no entry");
      const result = await collect(open_entry(archive, entry)).catch((error: unknown) => error);
      if (source.reads <= failing) {
        expect(result).toHaveLength(300);
        expect(failing).toBeGreaterThan(healthy.reads);
        break;
      }
      expect(result).toMatchObject({ code: "read_failed", cause: { message: "the disk is gone" } });
    }
  });

  it("says so when the source gives too few bytes", async () => {
    const zip = build_zip({ entries: [{ name: "a", data: noise(300) }] });
    const archive = await open_archive(bytes_source(zip), { codec_sizes: sizes });
    const [entry] = archive.entries;
    if (entry === undefined) throw new Error("no entry");
    const short = { size: zip.byteLength, read: async () => new Uint8Array(3) };
    await expect(collect(open_entry({ ...archive, source: short }, entry))).rejects.toMatchObject({
      code: "read_failed",
    });
  });
});

it("an entry of the largest size that is read as a whole is one chunk, and one of a byte more is streamed", async () => {
  for (const [length, chunks] of [
    [1_000, 1],
    [1_001, 11],
  ] as const) {
    const sizes = { sync: 0, whole: 1_000, read: 100 };
    const { archive, entry } = await first_entry({ name: "a", data: noise(length), method: 0 }, sizes);
    let given = 0;
    for await (const _chunk of open_entry(archive, entry)) given += 1;
    // fflate wants a first byte with the header, and gives it for itself.
    expect(given).toBeGreaterThanOrEqual(chunks);
    expect(given === 1).toBe(chunks === 1);
  }
});

describe.each([
  ["whole", default_codec_sizes],
  ["streamed", { sync: 0, whole: 0, read: 256 * 1024 }],
])("an entry of a source that lends, %s", (_way, codec_sizes) => {
  /** What it has lent is something else as soon as it has been given back. */
  const lending = (zip: Uint8Array): ByteSource => ({
    ...bytes_source(zip),
    async lend(start, end, use) {
      const bytes = Buffer.from(zip.subarray(start, end));
      try {
        return await use(bytes);
      } finally {
        bytes.fill(0xaa);
      }
    },
  });

  async function entry_of(zip: Uint8Array, lend: ByteSource["lend"] = lending(zip).lend) {
    const archive = await open_archive({ ...bytes_source(zip), ...(lend && { lend }) }, { codec_sizes });
    const [entry] = archive.entries;
    if (entry === undefined) throw new Error("no entry");
    return { archive, entry };
  }

  it.each([0, 8])("is used while it is lent, and not after, by method %i", async (method) => {
    // Huffman-coded, so that zlib looks at every byte for as long as it can.
    const data = noise(4_000_000).map((byte) => byte % 200);
    const { archive, entry } = await entry_of(build_zip({ entries: [{ name: "a", data, method }] }));
    const chunks: Buffer[] = [];
    for await (const chunk of open_entry(archive, entry)) {
      await new Promise((resolve) => setImmediate(resolve));
      chunks.push(Buffer.from(chunk));
    }
    expect(Buffer.concat(chunks).equals(data)).toBe(true);
  });

  it("is not read where the source fails, gives too little, or is called off", async () => {
    const zip = build_zip({ entries: [{ name: "a", data: noise(9_000) }] });
    const cause = new Error("the connection was reset");
    const failing = await entry_of(zip, () => Promise.reject(cause));
    await expect(collect(open_entry(failing.archive, failing.entry))).rejects.toMatchObject({
      code: "read_failed",
      cause,
    });
    const short = await entry_of(zip, async (start, end, use) => use(zip.subarray(start, end - 1)));
    await expect(collect(open_entry(short.archive, short.entry))).rejects.toMatchObject({
      code: "read_failed",
    });
    const stop = new AbortController();
    const called_off = await entry_of(zip, () => {
      stop.abort(new Error("enough"));
      return Promise.reject(cause);
    });
    const reading = open_entry(called_off.archive, called_off.entry, { signal: stop.signal });
    await expect(collect(reading)).rejects.toThrow("enough");
  });
});

describe("an entry that is streamed", () => {
  const streamed = { sync: 0, whole: 0, read: 4_096 };

  it("gives its last chunk only when all of it is right", async () => {
    for (const method of [0, 8]) {
      const data = noise(500_000);
      const { archive, entry } = await first_entry(
        { name: "a", data, method, central: { crc32: 7 } },
        streamed,
      );
      let received = 0;
      const reading = (async () => {
        for await (const chunk of open_entry(archive, entry)) received += chunk.byteLength;
      })();
      await expect(reading).rejects.toMatchObject({ code: "crc_mismatch" });
      expect(received).toBeGreaterThan(0);
      expect(received).toBeLessThan(500_000);
    }
  });

  it("is read no faster than it is taken", async () => {
    for (const method of [0, 8]) {
      const zip = build_zip({ entries: [{ name: "a", data: noise(4_000_000), method }] });
      const source = counting_source(zip);
      const archive = await open_archive(source, { codec_sizes: streamed });
      const [entry] = archive.entries;
      if (entry === undefined) throw new Error("no entry");
      const bytes = open_entry(archive, entry);
      await bytes.next();
      // Whatever runs ahead has time to do so now.
      for (let turn = 0; turn < 200; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      expect(source.reads * streamed.read).toBeLessThan(1_000_000);
      const before = source.reads;
      await bytes.return();
      for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      expect(source.reads).toBe(before);
    }
  });

  it("puts out little more than it declares before it is cut off", async () => {
    const compressed = deflateRawSync(Buffer.alloc(50_000_000));
    const bomb = {
      path: "bomb",
      method: 8,
      compressed_size: compressed.byteLength,
      size: 1_000,
      source: bytes_source(compressed),
      data_start: 0,
    };
    for await (const chunk of decompress_stream(bomb, streamed)) {
      expect(chunk.byteLength).toBeLessThanOrEqual(128 * 1024);
      break;
    }
    for (const sync of [0, default_codec_sizes.sync]) {
      await expect(
        decompress_small(bomb, compressed, { ...default_codec_sizes, sync }),
      ).rejects.toMatchObject({
        code: "size_mismatch",
      });
    }
  });

  it("may have sizes that only fit in 64 bits", async () => {
    const size = 2 ** 33;
    const block = Buffer.alloc(1024 * 1024);
    let sent = 0;
    const read = async (start: number, end: number) => block.subarray(0, end - start);
    const source = { size, read };
    const huge = { path: "huge", method: 0, compressed_size: size, size, source, data_start: 0 };
    for await (const chunk of decompress_stream(huge, { ...streamed, read: block.byteLength })) {
      sent += chunk.byteLength;
      if (sent >= 20 * block.byteLength) break;
    }
    expect(sent).toBe(20 * block.byteLength);
  });

  it("is not read on behind the byte at which it turns out to be corrupt", async () => {
    const good = deflateRawSync(noise(200_000), { finishFlush: constants.Z_SYNC_FLUSH });
    // The last block, of a type that does not exist (RFC 1951, 3.2.3).
    const compressed = Buffer.concat([good, Buffer.from([0b111]), noise(4_000_000)]);
    const zip = build_zip({ entries: [{ name: "a", data: noise(4_200_000), compressed }] });
    const source = counting_source(zip);
    const archive = await open_archive(source, { codec_sizes: streamed });
    const [entry] = archive.entries;
    if (entry === undefined) throw new Error("no entry");
    let failure: unknown;
    const bytes = open_entry(archive, entry);
    try {
      for await (const _chunk of bytes) {
        for (let turn = 0; turn < 200; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      }
    } catch (error) {
      failure = error;
    }
    expect(failure).toMatchObject({ code: "corrupt_data" });
    expect(source.reads * streamed.read).toBeLessThan(600_000);
  });

  it.each([0, 8])("stops waiting for a source when the signal is aborted, by method %i", async (method) => {
    const zip = build_zip({
      entries: [{ name: "a", data: noise(100_000), method, extra: extra(0x9999, [8, 0]) }],
    });
    const stop = new AbortController();
    let reads = 0;
    const source = {
      size: zip.byteLength,
      async read(start: number, end: number, signal?: AbortSignal) {
        reads += 1;
        if (reads < 12) return zip.subarray(start, end);
        return new Promise<Uint8Array>((_resolve, reject) => {
          signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
          // When all that came before has been taken, so that only the source is waited for.
          setTimeout(() => stop.abort(new Error("enough")), 50);
        });
      },
    };
    const archive = await open_archive(source, { codec_sizes: stream_all });
    const [entry] = archive.entries;
    if (entry === undefined) throw new Error("no entry");
    await expect(collect(open_entry(archive, entry, { signal: stop.signal }))).rejects.toThrow("enough");
    expect(reads).toBe(12);
  });
});
