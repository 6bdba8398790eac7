import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { default_codec_sizes } from "../../archive/codec.ts";
import type { ByteSource, EntrySink, WindowOptions } from "../../archive/index.ts";
import { extract, open_archive, windowed_source } from "../../archive/index.ts";
import { collecting_sink, noise, sha1, stream_all, summary } from "./sinks.ts";
import type { EntryParts } from "./zip_builder.ts";
import { build_zip } from "./zip_builder.ts";

interface Traced extends ByteSource {
  /** The memories that were given to read into. */
  readonly memories: Set<ArrayBufferLike>;
  readonly reads: { readonly start: number; readonly end: number }[];
  /** Times that each byte was asked for. */
  readonly times: Uint8Array;
  under_way: number;
}

/** Notes every read. `before` may wait, or throw in its place. */
function traced(bytes: Uint8Array, before: (nth: number) => Promise<void> = async () => {}): Traced {
  return {
    size: bytes.byteLength,
    reads: [],
    times: new Uint8Array(bytes.byteLength),
    under_way: 0,
    memories: new Set(),
    async read(start, end, signal, into) {
      this.reads.push({ start, end });
      for (let at = start; at < end; at += 1) this.times[at] = (this.times[at] ?? 0) + 1;
      this.under_way += 1;
      try {
        await before(this.reads.length);
        signal?.throwIfAborted();
        if (into === undefined) return Buffer.from(bytes.subarray(start, end));
        this.memories.add(into.buffer);
        into.set(bytes.subarray(start, end));
        return into;
      } finally {
        this.under_way -= 1;
      }
    },
  };
}

/** How often the byte was asked for that was asked for most. */
const most_often = ({ times }: Traced): number => times.reduce((most, time) => Math.max(most, time), 0);

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

const small = Array.from({ length: 600 }, (_, index) => ({
  name: `${index}.jpg`,
  data: noise(5_000, index),
  method: index % 3 === 0 ? 8 : 0,
  descriptor: index % 5 === 0,
}));
const zip = build_zip({ entries: small });
/** Six hundred photos of 5 KB in windows of 0.8 MB are as six thousand of 50 KB in windows of 8 MB. */
const window_bytes = 400_000;

const opened = (source: ByteSource, options: WindowOptions = { window_bytes }, codec = {}) =>
  open_archive(windowed_source(source, options), codec);

describe("small entries", () => {
  it.each([1, 4, 32])("are read in windows, no byte twice, %i at a time", async (concurrency) => {
    const source = traced(zip);
    const outcomes = await extract(await opened(source), collecting_sink, { concurrency });
    expect(outcomes.map((one) => one.outcome === "stored" && sha1(one.value))).toEqual(
      small.map(({ data }) => sha1(data)),
    );
    expect(most_often(source)).toBe(1);
    // One for the end and its records, one for the rest of the directory if need be.
    expect(source.reads.length).toBeLessThanOrEqual(Math.ceil(zip.byteLength / window_bytes) + 2);
    expect(source.under_way).toBe(0);
  });

  it("lie in one window each, where they are not too large for that", async () => {
    const entries = small.slice(0, 90);
    const source = traced(build_zip({ entries, comment: noise(60_000, 1) }));
    const archive = await opened(source, { window_bytes: 17_000 });
    const begins = new Set(archive.entries.map(({ header_offset }) => header_offset));
    source.reads.length = 0;
    await extract(archive, collecting_sink);
    // Of the photos of 5 KB three fit into a window, and none is cut.
    expect(source.reads.length).toBeGreaterThan(20);
    for (const { start, end } of source.reads) {
      expect(begins).toContain(start);
      expect(end - start).toBeLessThanOrEqual(17_000);
    }
  });

  it("end a window only in its last two fifths, so that windows are not small", async () => {
    const sizes = [300, 9_000, 9_000, 9_000];
    const entries = sizes.map((size, index) => ({ name: `${index}.jpg`, data: noise(size, index) }));
    const source = traced(build_zip({ entries, comment: noise(60_000, 1) }));
    const archive = await opened(source, { window_bytes: 16_000 });
    source.reads.length = 0;
    await extract(archive, collecting_sink);
    expect(source.reads[0]).toEqual({ start: 0, end: 16_000 });
  });

  it("that came with the end of the archive are not read again", async () => {
    const tiny = build_zip({ entries: small.slice(0, 8) });
    const source = traced(tiny);
    const outcomes = await extract(await opened(source), collecting_sink);
    expect(outcomes.every(({ outcome }) => outcome === "stored")).toBe(true);
    expect(source.reads).toEqual([{ start: 0, end: tiny.byteLength }]);
  });

  it("are read into the memory of the windows that were let go", async () => {
    const source = traced(zip);
    const archive = await opened(source, { window_bytes: 50_000, windows: 3 });
    expect((await extract(archive, collecting_sink)).every(({ outcome }) => outcome === "stored")).toBe(true);
    expect(source.reads.length).toBeGreaterThan(30);
    expect(source.memories.size).toBe(3);
  });

  it("in any order of the directory are read from front to back, and reported in the directory's", async () => {
    const entries = small.slice(0, 100);
    const shuffled = shuffle_directory(build_zip({ entries }), entries.length);
    const source = traced(shuffled);
    const outcomes = await extract(await opened(source, { window_bytes: 50_000 }), collecting_sink);
    expect(outcomes.map(({ entry }) => entry.path)).toEqual(entries.map(({ name }) => name).reverse());
    expect(outcomes.every(({ outcome }) => outcome === "stored")).toBe(true);
    expect(most_often(source)).toBe(1);
    const starts = source.reads.slice(1).map(({ start }) => start);
    expect(starts).toEqual([...starts].sort((a, b) => a - b));
  });

  it("that are not wanted are not fetched, where they are large or many", async () => {
    const source = traced(zip);
    const sink: EntrySink<Buffer, "unwanted"> = {
      ...collecting_sink,
      skip_reason: ({ index }) => (index >= 20 && index < 580 ? "unwanted" : undefined),
    };
    await extract(await opened(source), sink);
    const fetched = source.times.reduce((sum, time) => sum + time, 0);
    expect(fetched).toBeLessThan(zip.byteLength / 5);
  });
});

/** The same archive with the records of its directory in reverse. */
function shuffle_directory(bytes: Buffer, count: number): Buffer {
  const start = bytes.readUInt32LE(bytes.byteLength - 6);
  const records: Buffer[] = [];
  for (let at = start; records.length < count; ) {
    const end = at + 46 + bytes.readUInt16LE(at + 28) + bytes.readUInt16LE(at + 30);
    records.unshift(bytes.subarray(at, end));
    at = end;
  }
  return Buffer.concat([bytes.subarray(0, start), ...records, bytes.subarray(-22)]);
}

describe("any layout", () => {
  const entry = fc.record({
    length: fc.nat({ max: 3_000 }),
    seed: fc.nat(),
    method: fc.constantFrom(0, 8),
    descriptor: fc.boolean(),
    skipped: fc.boolean(),
  });

  it("gives the bytes that are in it, each read once, however it is cut", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(entry, { minLength: 1, maxLength: 30 }),
        fc.integer({ min: 40, max: 5_000 }),
        fc.integer({ min: 2, max: 5 }),
        fc.integer({ min: 1, max: 8 }),
        fc.constantFrom(
          {},
          { codec_sizes: { ...default_codec_sizes, sync: 0 } },
          { codec_sizes: { ...stream_all, read: 300 } },
        ),
        async (layout, bytes, windows, concurrency, codec) => {
          const entries: EntryParts[] = layout.map(
            ({ length, seed, method, descriptor, skipped }, index) => ({
              name: skipped ? `._${index}` : `${index}`,
              data: noise(length, seed),
              method,
              descriptor,
            }),
          );
          // The tail would hold all of such a small archive.
          const source = traced(build_zip({ entries, comment: Buffer.alloc(0xffff) }));
          const archive = await opened(source, { window_bytes: bytes, windows }, codec);
          const outcomes = await extract(archive, collecting_sink, { concurrency });
          for (const one of outcomes) {
            const { skipped = false, length = 0, seed = 0 } = layout[one.entry.index] ?? {};
            expect(one.outcome).toBe(skipped ? "skipped" : "stored");
            if (one.outcome === "stored") expect(one.value.equals(noise(length, seed))).toBe(true);
          }
          expect(most_often(source)).toBeLessThanOrEqual(1);
          for (const { start, end } of source.reads.slice(2)) expect(end - start).toBeLessThanOrEqual(bytes);
          expect(source.under_way).toBe(0);
        },
      ),
      { numRuns: 150 },
    );
  });
});

describe("a sink that is slow", () => {
  const streamed = { codec_sizes: { sync: 0, whole: 0, read: 4_096 } };
  const after_some_turns = () => turns(20);
  /** All entries together, and at once where the pace has been kept. */
  const ten_megabytes_a_second = () => {
    const begin = performance.now();
    let bytes = 0;
    return async (chunk: Uint8Array) => {
      bytes += chunk.byteLength;
      await sleep(Math.max(0, begin + bytes / 10_000 - performance.now()));
    };
  };
  it.each([
    ["whole, stored", {}, 0, () => after_some_turns],
    ["streamed, stored", streamed, 0, () => after_some_turns],
    ["streamed, deflated", streamed, 8, () => after_some_turns],
    ["whole, deflated, at 10 MB/s", {}, 8, ten_megabytes_a_second],
    ["streamed, deflated, at 10 MB/s", streamed, 8, ten_megabytes_a_second],
  ])("is read ahead of by no more than the windows: %s", async (_way, codec, method, paced) => {
    const keep_pace = paced();
    const entries = Array.from({ length: 40 }, (_, index) => ({
      name: `${index}`,
      data: noise(30_000, index),
      method,
    }));
    const source = traced(build_zip({ entries }));
    const options = { window_bytes: 20_000, windows: 4 };
    const archive = await opened(source, options, codec);
    const opening = source.reads.reduce((sum, { start, end }) => sum + end - start, 0);
    const fetched = () => source.reads.reduce((sum, { start, end }) => sum + end - start, 0) - opening;
    let taken = 0;
    let furthest = 0;
    const sink: EntrySink<number> = {
      async write(entry, bytes) {
        for await (const chunk of bytes) {
          await keep_pace(chunk);
          furthest = Math.max(furthest, fetched() - taken);
          taken += chunk.byteLength;
        }
        return { outcome: "stored", value: entry.size };
      },
    };
    const outcomes = await extract(archive, sink, { concurrency: 3 });
    expect(outcomes.every(({ outcome }) => outcome === "stored")).toBe(true);
    // The windows, and what the entries under way have taken of windows that were let go.
    expect(furthest).toBeLessThanOrEqual(4 * 20_000 + 3 * 30_000 + 2_000);
    expect(furthest).toBeGreaterThan(2 * 20_000);
  });

  it("and in bytes under way by no more than it is told", async () => {
    const entries = Array.from({ length: 60 }, (_, index) => ({
      name: `${index}`,
      data: noise(1_000 * (index % 7) + 100, index),
    }));
    let inside = 0;
    let most = 0;
    let most_at_once = 0;
    const sizes: number[] = [];
    const sink: EntrySink<number> = {
      async write(entry, bytes) {
        inside += 1;
        sizes.push(entry.size);
        most_at_once = Math.max(most_at_once, inside);
        most = Math.max(
          most,
          sizes.reduce((sum, size) => sum + size, 0),
        );
        for await (const _chunk of bytes) await turns(2);
        sizes.splice(sizes.indexOf(entry.size), 1);
        inside -= 1;
        return { outcome: "stored", value: entry.size };
      },
    };
    const archive = await opened(traced(build_zip({ entries })));
    await extract(archive, sink, { concurrency: 32, in_flight_bytes: 10_000 });
    expect(most).toBeLessThanOrEqual(10_000);
    expect(most_at_once).toBeGreaterThan(2);
    await extract(archive, sink, { concurrency: 32, in_flight_bytes: 0 });
    expect(inside).toBe(0);
  });
});

describe("a source that fails", () => {
  const entries = small.slice(0, 60);
  const bytes = build_zip({ entries });
  const options = { window_bytes: 20_000, windows: 3 };

  it.each([1, 2])("%i times, at whichever read, costs no entry", async (failures) => {
    for (let failing = 1; failing < 200; failing += 1) {
      const source = traced(bytes, async (nth) => {
        if (nth >= failing && nth < failing + failures) throw new Error("reset");
      });
      const outcomes = await extract(await opened(source, options), collecting_sink, { concurrency: 4 });
      for (const one of outcomes) {
        expect(one.outcome === "stored" && one.value.equals(entries[one.entry.index]?.data ?? noise(0))).toBe(
          true,
        );
      }
      expect(source.under_way).toBe(0);
      if (source.reads.length < failing) return;
      // Of what was read nothing is thrown away but what failed.
      expect(source.reads.length).toBeLessThanOrEqual(
        Math.ceil(bytes.byteLength / 20_000) + 2 + 2 * failures,
      );
    }
    expect.unreachable("there are not so many reads");
  });

  it("for good gives every entry an outcome", async () => {
    for (const failing of [3, 5, 9, 12]) {
      const source = traced(bytes, async (nth) => {
        if (nth >= failing) throw new Error("gone");
      });
      const outcomes = await extract(await opened(source, options), collecting_sink);
      expect(outcomes).toHaveLength(60);
      const reasons = outcomes.map((one) => (one.outcome === "failed" ? one.reason : one.outcome));
      expect(new Set(reasons).has("read_failed")).toBe(true);
      expect(reasons.every((reason) => reason === "stored" || reason === "read_failed")).toBe(true);
    }
  });

  it("in the middle of a streamed entry is read again from the entry's first byte", async () => {
    const large = build_zip({
      entries: [{ name: "a", data: noise(100_000, 4), method: 0 }, ...small.slice(0, 20)],
    });
    for (let failing = 2; failing < 9; failing += 1) {
      const source = traced(large, async (nth) => {
        if (nth === failing) throw new Error("reset");
      });
      const archive = await opened(source, options, { codec_sizes: { sync: 0, whole: 0, read: 4_096 } });
      const outcomes = await extract(archive, collecting_sink);
      const [first] = outcomes;
      expect(first?.outcome === "stored" && first.value.equals(noise(100_000, 4))).toBe(true);
      expect(summary(outcomes).slice(1)).toEqual(small.slice(0, 20).map(({ name }) => `${name}: stored`));
    }
  });
});

describe("an abort", () => {
  it("at any read or chunk leaves no read under way, and every entry has an outcome", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: 150 }), fc.integer({ min: 1, max: 8 }), async (moment, concurrency) => {
        const stop = new AbortController();
        let step = 0;
        const tick = () => {
          if (step === moment) stop.abort(new Error("enough"));
          step += 1;
        };
        const source = traced(build_zip({ entries: small.slice(0, 60) }), async () => {
          await turns(1);
          tick();
        });
        const sink: EntrySink<number> = {
          async write(entry, bytes) {
            for await (const _chunk of bytes) {
              tick();
              await turns(1);
            }
            return { outcome: "stored", value: entry.size };
          },
        };
        const archive = await opened(source, { window_bytes: 20_000 });
        const options = { signal: stop.signal, concurrency };
        const outcomes = await extract(archive, sink, options);
        expect(source.under_way).toBe(0);
        const { length } = source.reads;
        await turns(5);
        expect(source.reads).toHaveLength(length);
        expect(outcomes).toHaveLength(60);
        for (const one of outcomes) {
          if (one.outcome !== "stored")
            expect(["aborted", "not_attempted"]).toContain(one.outcome === "failed" && one.reason);
        }
      }),
      { numRuns: 60 },
    );
  });

  it("ends the wait for a source that never answers", async () => {
    const stop = new AbortController();
    const waiting = Promise.withResolvers<void>();
    const bytes = build_zip({ entries: small.slice(0, 60) });
    const source: ByteSource = {
      size: bytes.byteLength,
      read: (start, end, signal) =>
        end === bytes.byteLength || start > 300_000
          ? Promise.resolve(bytes.subarray(start, end))
          : new Promise((_resolve, reject) => {
              waiting.resolve();
              signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
            }),
    };
    const extracting = extract(await opened(source), collecting_sink, { signal: stop.signal });
    await waiting.promise;
    stop.abort(new Error("enough"));
    expect(new Set(summary(await extracting).map((line) => line.split(": ")[1]))).toEqual(
      new Set(["aborted", "not_attempted"]),
    );
  });
});

it("a deadline that comes on the way ends the reading ahead", async () => {
  const source = traced(zip);
  const archive = await opened(source, { window_bytes: 50_000 });
  const sink: EntrySink<number> = {
    async write(entry, bytes) {
      for await (const _chunk of bytes) await turns(1);
      return { outcome: "stored", value: entry.size };
    },
  };
  const before = source.reads.length;
  const outcomes = await extract(archive, sink, { deadline: 0 });
  expect(new Set(summary(outcomes).map((line) => line.split(": ")[1]))).toEqual(new Set(["not_attempted"]));
  expect(source.reads).toHaveLength(before);
});

it("windows are of 9 MiB, and two at a time, unless told otherwise", async () => {
  const MIB = 1024 * 1024;
  const reads: { readonly start: number; readonly end: number }[] = [];
  const source: ByteSource = {
    size: 100 * MIB,
    async read(start, end, _signal, into = Buffer.alloc(end - start)) {
      reads.push({ start, end });
      return into;
    },
  };
  const ahead = windowed_source(source).read_ahead?.([{ start: 5, end: 60 * MIB }]);
  await ahead?.read(5, 7);
  await turns(5);
  expect(reads).toEqual([
    { start: 5, end: 9 * MIB + 5 },
    { start: 9 * MIB + 5, end: 18 * MIB + 5 },
  ]);
  await ahead?.end();
});

it("an entry that is read again is fetched two windows ahead, however many there are otherwise", async () => {
  const source = traced(noise(20_000, 1));
  const ahead = windowed_source(source, { window_bytes: 1_000, windows: 5 }).read_ahead?.([
    { start: 0, end: 10_000 },
    { start: 10_000, end: 20_000 },
  ]);
  for (let at = 0; at < 10_000; at += 1_000) await ahead?.read(at, at + 1_000);
  await turns(5);
  source.reads.length = 0;
  await ahead?.read(0, 10);
  await turns(5);
  expect(source.reads.filter(({ start }) => start < 10_000)).toEqual([
    { start: 0, end: 1_000 },
    { start: 1_000, end: 2_000 },
  ]);
  await ahead?.end();
});

it("what came with the end of the archive takes no window's place, and leaves none", async () => {
  const source = traced(noise(100_000, 1));
  const windowed = windowed_source(source, { window_bytes: 1_000, windows: 3 });
  await windowed.read(90_000, 100_000);
  const ahead = windowed.read_ahead?.([
    { start: 0, end: 50_000 },
    { start: 95_000, end: 96_000 },
  ]);
  source.reads.length = 0;
  await ahead?.read(95_000, 96_000);
  await ahead?.read(0, 10);
  await turns(5);
  expect(source.reads).toHaveLength(3);
  await ahead?.end();
});

it("windows that make no sense are refused", () => {
  for (const options of [{ windows: 1 }, { window_bytes: 0 }, { windows: Number.NaN }]) {
    expect(() => windowed_source(traced(zip), options)).toThrow(RangeError);
  }
});

it.each([1, 50])(
  "a sink that skips after the first chunk takes no more windows, though reads end %i turns after they are called off",
  async (late) => {
    const entries = Array.from({ length: 30 }, (_, index) => ({
      name: `${index}`,
      data: noise(100_000, index),
      method: 0,
    }));
    const bytes = build_zip({ entries });
    const memories = new Set<ArrayBufferLike>();
    const source: ByteSource = {
      size: bytes.byteLength,
      async read(start, end, signal, into = Buffer.alloc(end - start)) {
        memories.add(into.buffer);
        await turns(3);
        if (signal?.aborted) await turns(late);
        signal?.throwIfAborted();
        into.set(bytes.subarray(start, end));
        return into;
      },
    };
    const windowed = windowed_source(source, { window_bytes: 10_000, windows: 2 });
    const archive = await open_archive(windowed, { codec_sizes: { sync: 0, whole: 0, read: 2_000 } });
    memories.clear();
    const sink: EntrySink<string, "unwanted"> = {
      async write(entry, chunks) {
        for await (const _chunk of chunks) return { outcome: "skipped", reason: "unwanted" };
        return { outcome: "stored", value: entry.path };
      },
    };
    expect(summary(await extract(archive, sink))).toEqual(entries.map(({ name }) => `${name}: unwanted`));
    expect(memories.size).toBeLessThanOrEqual(2);
  },
);
