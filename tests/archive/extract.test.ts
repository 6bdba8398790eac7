import { getEventListeners } from "node:events";
import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { EntrySink, Written } from "../../archive/index.ts";
import { bytes_source, extract, open_archive } from "../../archive/index.ts";
import {
  collect,
  collecting_sink,
  counting_source,
  noise,
  open_bytes,
  stream_all,
  summary,
} from "./sinks.ts";
import { Storage } from "./storage.ts";
import { turns } from "./watched_source.ts";
import { build_zip } from "./zip_builder.ts";

const names = Array.from({ length: 12 }, (_, index) => `${index}.jpg`);
const photos = names.map((name, index) => ({
  name,
  data: noise(3_000, index),
  method: index % 2 === 0 ? 8 : 0,
}));
const zip = build_zip({ entries: photos });

type Reason = "not_an_image" | "storage_down";

function storing_sink(storage: Storage, before: (name: string) => Promise<void> = async () => {}) {
  return {
    async write(entry, bytes): Promise<Written<string, Reason>> {
      return { outcome: "stored", value: await storage.put(entry.path, bytes, () => before(entry.path)) };
    },
  } satisfies EntrySink<string, Reason>;
}

const ways = [
  ["whole", {}],
  ["streamed", { codec_sizes: stream_all }],
] as const;

afterEach(() => {
  vi.useRealTimers();
});

describe.each(ways)("extracting, %s", (_way, codec) => {
  const open = () => open_archive(bytes_source(zip), codec);

  it("gives an outcome for every entry, in the order of the archive, several at a time", async () => {
    const storage = new Storage();
    // The earlier an entry, the longer its write takes.
    const sink = storing_sink(storage, (name) => turns(12 - Number.parseInt(name, 10)));
    const outcomes = await extract(await open(), sink, { concurrency: 5 });
    expect(summary(outcomes)).toEqual(names.map((name) => `${name}: stored`));
    expect(storage.most_under_way).toBe(5);
    for (const { name, data } of photos) expect(storage.committed.get(name)).toEqual(data);
  });

  it("goes on when a write fails, whichever it is", async () => {
    for (const failing of names) {
      const storage = new Storage();
      const sink = storing_sink(storage, async (name) => {
        if (name === failing) throw new Error("no space");
      });
      const outcomes = await extract(await open(), sink, { concurrency: 3 });
      expect(summary(outcomes)).toEqual(
        names.map((name) => (name === failing ? `${name}: write_failed` : `${name}: stored`)),
      );
      expect(storage.undone).toEqual([failing]);
      const failed = outcomes.find((outcome) => outcome.outcome === "failed");
      expect(failed?.error).toMatchObject({ message: "no space" });
    }
  });

  it.each([1, 2])("tries an entry again when a read fails %i times, whichever it is", async (failures) => {
    const options = { ...codec, check_headers: "when_opened" } as const;
    for (let failing = 1; ; failing += 1) {
      const source = counting_source(zip, failing, failures);
      const storage = new Storage();
      const archive = await open_archive(source, options);
      const outcomes = await extract(archive, storing_sink(storage), { concurrency: 2 });
      if (source.reads <= failing) break;
      expect(summary(outcomes)).toEqual(names.map((name) => `${name}: stored`));
      for (const { name, data } of photos) expect(storage.committed.get(name)).toEqual(data);
      expect(storage.undone.length).toBeLessThanOrEqual(failures);
    }
  });

  it("gives every entry an outcome when a read fails for good, whichever it is", async () => {
    const options = { ...codec, check_headers: "when_opened" } as const;
    let failures = 0;
    for (let failing = 1; ; failing += 1) {
      const source = counting_source(zip, failing);
      const storage = new Storage();
      const archive = await open_archive(source, options);
      const outcomes = await extract(archive, storing_sink(storage), { attempts: 1 });
      if (source.reads <= failing) break;
      failures += 1;
      expect(outcomes).toHaveLength(12);
      const failed = outcomes.filter((outcome) => outcome.outcome !== "stored");
      expect(failed).toMatchObject([{ outcome: "failed", reason: "read_failed" }]);
      expect(storage.undone).toEqual(failed.map(({ entry }) => entry.path));
      expect(storage.committed.size).toBe(11);
    }
    expect(failures).toBeGreaterThanOrEqual(12);
  });

  it("gives up an entry after three tries", async () => {
    const options = { ...codec, check_headers: "when_opened" } as const;
    const opening = counting_source(zip);
    await open_archive(opening, options);
    const source = counting_source(zip, opening.reads, Infinity);
    const storage = new Storage();
    const outcomes = await extract(await open_archive(source, options), storing_sink(storage));
    expect(summary(outcomes)).toEqual(names.map((name) => `${name}: read_failed`));
    expect(storage.begun).toHaveLength(36);
    expect(storage.undone).toHaveLength(36);
  });

  it("lets the sink read an entry again, from the first byte, and counts it once", async () => {
    const sink: EntrySink<Buffer> = {
      async write(entry, bytes) {
        if (entry.index === 0) for await (const _chunk of bytes) break;
        await collect(bytes);
        return { outcome: "stored", value: await collect(bytes) };
      },
    };
    const outcomes = await extract(await open(), sink, { total_bytes: 36_000 });
    expect(outcomes.map((o) => (o.outcome === "stored" ? o.value : o.reason))).toEqual(
      photos.map(({ data }) => data),
    );
  });

  it("leaves nothing half-written, and no entry without an outcome, when aborted at any moment", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: 60 }), fc.integer({ min: 1, max: 6 }), async (moment, concurrency) => {
        const stop = new AbortController();
        let step = 0;
        const tick = () => {
          if (step === moment) stop.abort(new Error("enough"));
          step += 1;
        };
        const storage = new Storage();
        const sink: EntrySink<string, Reason> = {
          async write(entry, bytes) {
            tick();
            const watched = (async function* () {
              for await (const chunk of bytes) {
                tick();
                await turns(1);
                yield chunk;
              }
            })();
            return { outcome: "stored", value: await storage.put(entry.path, watched, () => turns(1)) };
          },
        };
        const outcomes = await extract(await open(), sink, { concurrency, signal: stop.signal });
        expect(outcomes.map(({ entry }) => entry.path)).toEqual(names);
        for (const outcome of outcomes) {
          const { path } = outcome.entry;
          if (outcome.outcome === "stored") expect(storage.committed.has(path)).toBe(true);
          else if (outcome.reason === "aborted") expect(storage.undone).toContain(path);
          else {
            expect(outcome.reason).toBe("not_attempted");
            expect(storage.begun).not.toContain(path);
          }
        }
        expect(storage.under_way).toBe(0);
        expect(storage.begun).toHaveLength(storage.committed.size + storage.undone.length);
      }),
      { numRuns: 60 },
    );
  });
});

describe("extracting", () => {
  it("begins nothing when the signal is already aborted", async () => {
    const storage = new Storage();
    const signal = AbortSignal.abort();
    const outcomes = await extract(await open_bytes(zip), storing_sink(storage), { signal });
    expect(summary(outcomes)).toEqual(names.map((name) => `${name}: not_attempted`));
    expect(storage.begun).toEqual([]);
  });

  it("begins nothing after the deadline, and lets those under way end", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: 1_000 });
    const storage = new Storage();
    const sink = storing_sink(storage, async (name) => {
      if (name === "4.jpg") vi.setSystemTime(2_000);
    });
    const outcomes = await extract(await open_bytes(zip), sink, { concurrency: 1, deadline: 2_000 });
    expect(summary(outcomes)).toEqual(
      names.map((name, index) => `${name}: ${index < 5 ? "stored" : "not_attempted"}`),
    );
  });

  it("still names what would not have been begun anyway", async () => {
    const entries = [{ name: "../a" }, { name: "d/" }, { name: "Thumbs.db" }, { name: "b.txt" }];
    const sink: EntrySink<Buffer, "text"> = {
      ...collecting_sink,
      skip_reason: (entry) => (entry.path.endsWith(".txt") ? "text" : undefined),
    };
    const outcomes = await extract(await open_bytes(build_zip({ entries })), sink, { deadline: 0 });
    expect(summary(outcomes)).toEqual([
      "../a: unsafe_path",
      "d/: directory",
      "Thumbs.db: platform_file",
      "b.txt: text",
    ]);
  });

  it("stops at a fatal failure: those under way are aborted, the rest is not attempted", async () => {
    const storage = new Storage();
    const sink: EntrySink<string, Reason> = {
      async write(entry, bytes, signal) {
        if (entry.path === "3.jpg") {
          await turns(3);
          return { outcome: "failed", reason: "storage_down", fatal: true, error: new Error("503") };
        }
        const waiting = async () => {
          if (Number.parseInt(entry.path, 10) < 3) return;
          await new Promise((_resolve, reject) =>
            signal.addEventListener("abort", () => reject(signal.reason)),
          );
        };
        return { outcome: "stored", value: await storage.put(entry.path, bytes, waiting) };
      },
    };
    const outcomes = await extract(await open_bytes(zip), sink, { concurrency: 3 });
    expect(summary(outcomes)).toEqual([
      "0.jpg: stored",
      "1.jpg: stored",
      "2.jpg: stored",
      "3.jpg: storage_down",
      "4.jpg: aborted",
      "5.jpg: aborted",
      ...names.slice(6).map((name) => `${name}: not_attempted`),
    ]);
    expect(storage.undone.sort()).toEqual(["4.jpg", "5.jpg"]);
  });

  it("lets the sink look at the first bytes and skip the rest, which is then not read", async () => {
    const large = build_zip({ entries: [{ name: "a.mp4", data: noise(2_000_000) }, { name: "b.jpg" }] });
    const source = counting_source(large);
    const archive = await open_archive(source, { codec_sizes: { sync: 0, whole: 0, read: 4_096 } });
    const sink: EntrySink<string, Reason> = {
      async write(entry, bytes) {
        for await (const _chunk of bytes) return { outcome: "skipped", reason: "not_an_image" };
        return { outcome: "stored", value: entry.path };
      },
    };
    expect(summary(await extract(archive, sink))).toEqual(["a.mp4: not_an_image", "b.jpg: stored"]);
    expect(source.reads).toBeLessThan(200);
  });

  it("ends what the sink leaves open", async () => {
    const source = counting_source(build_zip({ entries: [{ name: "a.mp4", data: noise(2_000_000) }] }));
    const archive = await open_archive(source, { codec_sizes: { sync: 0, whole: 0, read: 4_096 } });
    const left: AsyncIterator<Uint8Array>[] = [];
    const sink: EntrySink<string, Reason> = {
      async write(_entry, bytes) {
        const iterator = bytes[Symbol.asyncIterator]();
        left.push(iterator);
        await iterator.next();
        return { outcome: "skipped", reason: "not_an_image" };
      },
    };
    expect(summary(await extract(archive, sink))).toEqual(["a.mp4: not_an_image"]);
    expect(await left[0]?.next()).toEqual({ done: true, value: undefined });
    const { reads } = source;
    await turns(20);
    expect(source.reads).toBe(reads);
  });

  it("does not take a sink's word for bytes that it has not read, or that were wrong", async () => {
    const entries = [
      { name: "unread", data: noise(10) },
      { name: "half", data: noise(10_000) },
      { name: "wrong", data: noise(10_000), central: { crc32: 7 } },
    ];
    const archive = await open_archive(bytes_source(build_zip({ entries })), { codec_sizes: stream_all });
    const sink: EntrySink<string> = {
      async write(entry, bytes) {
        const iterator = bytes[Symbol.asyncIterator]();
        if (entry.path === "half") await iterator.next();
        if (entry.path === "wrong") await collect(bytes).catch(() => {});
        return { outcome: "stored", value: entry.path };
      },
    };
    expect(summary(await extract(archive, sink))).toEqual([
      "unread: write_failed",
      "half: write_failed",
      "wrong: crc_mismatch",
    ]);
  });

  it("tells the sink by its signal, too, that an entry's bytes are wrong", async () => {
    const entries = [{ name: "wrong", data: noise(10_000), central: { crc32: 7 } }, ...photos.slice(0, 2)];
    const sink: EntrySink<string> = {
      async write(entry, bytes, signal) {
        const aborted = new Promise<never>((_resolve, reject) => {
          signal.addEventListener("abort", () => reject(new Error("the upload is aborted")));
        });
        // An upload that swallows the error of its body and would wait for ever.
        const upload = collect(bytes).catch(() => new Promise<never>(() => {}));
        await Promise.race([upload, aborted]);
        return { outcome: "stored", value: entry.path };
      },
    };
    const outcomes = await extract(await open_bytes(build_zip({ entries })), sink);
    expect(summary(outcomes)).toEqual(["wrong: crc_mismatch", "0.jpg: stored", "1.jpg: stored"]);
  });

  it("survives a sink that throws before it returns a promise", async () => {
    const sink: EntrySink<string> = {
      skip_reason(entry) {
        if (entry.path === "0.jpg") throw new Error("a bug");
        return undefined;
      },
      write() {
        throw new Error("another");
      },
    };
    const outcomes = await extract(await open_bytes(zip), sink);
    expect(summary(outcomes)).toEqual(names.map((name) => `${name}: write_failed`));
  });

  it("waits for a slow sink, and reads no more than it has under way", async () => {
    const large = Array.from({ length: 6 }, (_, index) => ({
      name: `${index}`,
      data: noise(300_000, index),
    }));
    const source = counting_source(build_zip({ entries: large }));
    const archive = await open_archive(source, { codec_sizes: { sync: 0, whole: 0, read: 10_000 } });
    let taken = 0;
    let furthest_ahead = 0;
    const before = source.reads;
    const sink: EntrySink<number> = {
      async write(entry, bytes) {
        for await (const chunk of bytes) {
          await turns(5);
          taken += chunk.byteLength;
          furthest_ahead = Math.max(furthest_ahead, (source.reads - before) * 10_000 - taken);
        }
        return { outcome: "stored", value: entry.size };
      },
    };
    const outcomes = await extract(archive, sink, { concurrency: 2 });
    expect(summary(outcomes)).toEqual(large.map(({ name }) => `${name}: stored`));
    expect(taken).toBe(1_800_000);
    // Two entries of 300 KB at a time, of all of which zlib may have taken the compressed bytes.
    expect(furthest_ahead).toBeLessThan(700_000);
  });

  it("takes some of the entries only, in any order, and reads nothing of the others", async () => {
    const reads: [number, number][] = [];
    const memory = bytes_source(zip);
    const read: typeof memory.read = (start, end) => {
      reads.push([start, end]);
      return memory.read(start, end);
    };
    const archive = await open_archive({ ...memory, read });
    reads.length = 0;
    const some = [7, 2, 11].flatMap((index) => archive.entries[index] ?? []);
    const outcomes = await extract(archive, collecting_sink, { entries: some });
    expect(outcomes.map(({ entry, outcome }) => [entry.path, outcome])).toEqual([
      ["7.jpg", "stored"],
      ["2.jpg", "stored"],
      ["11.jpg", "stored"],
    ]);
    const regions = some.map(({ header_offset, region_end }) => [header_offset, region_end] as const);
    expect(reads.length).toBeGreaterThan(2);
    for (const [start, end] of reads) {
      expect(regions.some((region) => start >= region[0] && end <= region[1])).toBe(true);
    }
    expect(await extract(archive, collecting_sink, { entries: [] })).toEqual([]);
  });

  it("keeps duplicate names apart", async () => {
    const entries = [
      { name: "a.jpg", data: noise(10, 1) },
      { name: "a.jpg", data: noise(20, 2) },
    ];
    const outcomes = await extract(await open_bytes(build_zip({ entries })), collecting_sink);
    expect(outcomes.map((o) => (o.outcome === "stored" ? o.value : o.reason))).toEqual([
      noise(10, 1),
      noise(20, 2),
    ]);
  });

  it("refuses a concurrency that makes no sense", async () => {
    for (const concurrency of [0, -1, 1.5, Number.NaN]) {
      await expect(extract(await open_bytes(zip), collecting_sink, { concurrency })).rejects.toThrow(
        RangeError,
      );
    }
  });

  it("leaves no listener on the caller's signal", async () => {
    const { signal } = new AbortController();
    const add = vi.spyOn(signal, "addEventListener");
    await extract(await open_bytes(zip), collecting_sink, { signal });
    expect(add).toHaveBeenCalledTimes(1);
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });
});
