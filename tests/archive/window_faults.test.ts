/** What fails, stalls or is called off while an archive is read in windows: every entry still has a true outcome. */
import type { InflateRaw } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { default_codec_sizes } from "../../archive/codec.ts";
import type { EntryOutcome, EntrySink, OpenOptions } from "../../archive/index.ts";
import { extract, open_archive, windowed_source } from "../../archive/index.ts";
import { noise, stream_all, summary, text } from "./sinks.ts";
import { Storage } from "./storage.ts";
import type { WatchedSource } from "./watched_source.ts";
import { turns, watched_source } from "./watched_source.ts";
import { build_zip } from "./zip_builder.ts";

/** Every zlib stream that the engine makes in this file. */
const inflating = vi.hoisted((): InflateRaw[] => []);
vi.mock(import("node:zlib"), async (original) => {
  const zlib = await original();
  return {
    ...zlib,
    createInflateRaw: (options) => {
      const made = zlib.createInflateRaw(options);
      inflating.push(made);
      return made;
    },
  };
});

const photos = Array.from({ length: 14 }, (_, index) => ({
  name: `${index}.jpg`,
  data: index % 3 === 0 ? text(2_500) : noise(700 + 150 * index, index),
  method: index % 2 === 0 ? 8 : 0,
  descriptor: index % 4 === 0,
}));
const names = photos.map(({ name }) => name);
/** The comment keeps the entries out of the last 64 KB, which are read when the archive is opened. */
const zip = build_zip({ entries: photos, comment: Buffer.alloc(0xffff, " ") });
const windows = { window_bytes: 1_024, windows: 3 };

const ways: readonly (readonly [string, OpenOptions])[] = [
  ["whole", {}],
  ["on the thread pool", { codec_sizes: { ...default_codec_sizes, sync: 0 } }],
  ["streamed", { codec_sizes: { ...stream_all, read: 200 } }],
];

/** A window is kept for as long as a thread of zlib's reads in it. What comes out of an entry here never fills a stream. */
async function taken_by_zlib(): Promise<void> {
  while (inflating.some(({ destroyed, writableLength }) => !destroyed && writableLength > 0)) await turns(1);
}

function fails(from: number, failures = Number.POSITIVE_INFINITY) {
  return (nth: number) => {
    if (nth >= from && nth < from + failures) throw new Error("the connection was reset");
  };
}

function storing(
  storage: Storage,
  before: (name: string) => Promise<void> = async () => {},
): EntrySink<string> {
  return {
    async write(entry, bytes) {
      return { outcome: "stored", value: await storage.put(entry.path, bytes, () => before(entry.path)) };
    },
  };
}

/** Whatever went wrong: one outcome for each, what is said to be stored is, whole and right, and all has ended. */
async function expect_sound(
  outcomes: readonly EntryOutcome<unknown, string>[],
  storage: Storage,
  source: WatchedSource,
): Promise<void> {
  expect(outcomes.map(({ entry }) => entry.path)).toEqual(names);
  const stored = outcomes.filter(({ outcome }) => outcome === "stored").map(({ entry }) => entry.path);
  expect([...storage.committed.keys()].sort()).toEqual(stored.sort());
  for (const { name, data } of photos) {
    const committed = storage.committed.get(name);
    expect(committed === undefined || committed.equals(data), name).toBe(true);
  }
  expect(storage.under_way).toBe(0);
  expect(storage.begun).toHaveLength(storage.committed.size + storage.undone.length);
  const { reads } = source.watch;
  expect(source.watch.under_way).toBe(0);
  await turns(3);
  expect(source.watch.reads).toBe(reads);
  expect(inflating.filter(({ destroyed }) => !destroyed)).toEqual([]);
  inflating.length = 0;
}

const reason_of = (one: EntryOutcome<unknown, string>) => (one.outcome === "stored" ? "stored" : one.reason);

/** A third of them; the others are `never`. */
function seldom(moment: fc.Arbitrary<number>, never: number): fc.Arbitrary<number> {
  return fc.oneof({ weight: 1, arbitrary: moment }, { weight: 2, arbitrary: fc.constant(never) });
}

describe.each(ways)("through windows, %s", (_way, options) => {
  /** How many reads it takes to open the archive, and in all, where nothing fails. */
  async function healthy_reads(): Promise<{ opening: number; all: number }> {
    const source = watched_source(zip, windows);
    const archive = await open_archive(source, options);
    const opening = source.watch.reads;
    const storage = new Storage();
    await extract(archive, storing(storage));
    expect(inflating).toHaveLength(options.codec_sizes?.whole === 0 ? 7 : 0);
    await expect_sound(
      archive.entries.map((entry) => ({ entry, outcome: "stored", value: 0 })),
      storage,
      source,
    );
    return { opening, all: source.watch.reads };
  }

  it("a source that fails for good, from whichever read on, fails what it did not give", async () => {
    const { opening, all } = await healthy_reads();
    expect(all - opening).toBeGreaterThan(14);
    let stored_before = -1;
    for (let failing = 1; failing <= all; failing += 1) {
      const source = watched_source(zip, windows, fails(failing));
      if (failing <= opening) {
        await expect(open_archive(source, options)).rejects.toMatchObject({ code: "read_failed" });
        expect(source.watch).toMatchObject({ reads: failing + 2, under_way: 0 });
        continue;
      }
      const storage = new Storage();
      const outcomes = await extract(await open_archive(source, options), storing(storage));
      await expect_sound(outcomes, storage, source);
      const reasons = outcomes.map(reason_of);
      for (const one of outcomes) {
        if (one.outcome === "failed")
          expect(one.error).toMatchObject({ cause: { message: "the connection was reset" } });
      }
      expect(reasons.every((reason) => reason === "stored" || reason === "read_failed")).toBe(true);
      expect(reasons).toContain("read_failed");
      if (failing === opening + 1) expect(reasons).not.toContain("stored");
      // The windows come in the order of the archive, and what they hold is stored.
      expect(storage.committed.size).toBeGreaterThanOrEqual(stored_before);
      stored_before = storage.committed.size;
    }
    expect(stored_before).toBeGreaterThan(10);
  });

  it("a read that fails once, whichever it is, fails only the entries that wait for it, where each has one try", async () => {
    const { opening, all } = await healthy_reads();
    for (let failing = opening + 1; failing <= all; failing += 1) {
      const source = watched_source(zip, windows, fails(failing, 1));
      const storage = new Storage();
      const archive = await open_archive(source, options);
      const outcomes = await extract(archive, storing(storage), { attempts: 1, concurrency: 2 });
      await expect_sound(outcomes, storage, source);
      const failed = outcomes.filter(({ outcome }) => outcome !== "stored");
      for (const one of failed) expect(reason_of(one)).toBe("read_failed");
      // Two wait at a time; one that asks later has the window fetched again.
      expect(failed.length).toBeLessThanOrEqual(2);
    }
  });

  it("a read that gives too few bytes is a read that failed", async () => {
    const { all } = await healthy_reads();
    for (let failing = 1; failing <= all; failing += 1) {
      const whole = watched_source(zip, windows);
      let nth = 0;
      const short = windowed_source(
        {
          size: whole.size,
          async read(start, end, signal) {
            nth += 1;
            const bytes = await whole.read(start, end, signal);
            return nth === failing ? bytes.subarray(0, -1) : bytes;
          },
        },
        windows,
      );
      const storage = new Storage();
      const outcomes = await extract(await open_archive(short, options), storing(storage));
      await expect_sound(outcomes, storage, whole);
      expect(storage.committed.size).toBe(names.length);
    }
  });

  it("an archive that shrinks after it was opened gives what is left of it", async () => {
    for (const left of [0, 1, 1_500, 9_000, zip.byteLength - 0xffff - 1_200]) {
      let size = zip.byteLength;
      const below = watched_source(zip, windows);
      const shrinking = windowed_source(
        {
          size: zip.byteLength,
          read: (start, end, signal) => below.read(Math.min(start, size), Math.min(end, size), signal),
        },
        windows,
      );
      const archive = await open_archive(shrinking, options);
      size = left;
      const storage = new Storage();
      const outcomes = await extract(archive, storing(storage));
      await expect_sound(outcomes, storage, below);
      for (const one of outcomes) {
        const { region_end, header_offset } = one.entry;
        // A window that reaches beyond what is left fails as a whole.
        if (region_end <= left - windows.window_bytes) expect(reason_of(one)).toBe("stored");
        if (header_offset > left) expect(reason_of(one)).toBe("read_failed");
      }
    }
  });

  it.each(["before the first byte", "after the first chunk", "after the last"])(
    "a write that fails %s, whichever it is, fails its entry alone",
    async (when) => {
      const { all } = await healthy_reads();
      for (const failing of names) {
        const source = watched_source(zip, windows);
        const storage = new Storage();
        const failing_bytes = async function* (bytes: AsyncIterable<Uint8Array>) {
          for await (const chunk of bytes) {
            if (when === "after the first chunk") throw new Error("no space");
            yield chunk;
          }
          throw new Error("no space");
        };
        const sink: EntrySink<string> = {
          async write(entry, bytes) {
            const { path } = entry;
            const fails_now = path === failing;
            const before = async () => {
              if (fails_now && when === "before the first byte") throw new Error("no space");
            };
            const written = fails_now ? failing_bytes(bytes) : bytes;
            return { outcome: "stored", value: await storage.put(path, written, before) };
          },
        };
        const outcomes = await extract(await open_archive(source, options), sink, { concurrency: 3 });
        await expect_sound(outcomes, storage, source);
        expect(summary(outcomes)).toEqual(
          names.map((name) => `${name}: ${name === failing ? "write_failed" : "stored"}`),
        );
        expect(storage.undone).toEqual([failing]);
        expect(source.watch.reads).toBeLessThanOrEqual(all);
        expect(source.watch).toMatchObject({ twice: 0, strays: 0 });
      }
    },
  );

  it.each([1, 3, 8])(
    "a sink that stands still makes the source stand still, %i at a time",
    async (concurrency) => {
      const source = watched_source(zip, windows);
      const archive = await open_archive(source, options);
      const resume = Promise.withResolvers<void>();
      const storage = new Storage();
      const extracting = extract(
        archive,
        storing(storage, () => resume.promise),
        { concurrency },
      );
      await turns(50);
      // Nothing is taken, so that nothing is read.
      const opened = source.watch.reads;
      expect(storage.begun).toHaveLength(concurrency);
      await turns(50);
      expect(source.watch.reads).toBe(opened);
      resume.resolve();
      await expect_sound(await extracting, storage, source);
      expect(storage.committed.size).toBe(names.length);
    },
  );

  it.each([1, 3, 8])(
    "a sink that takes a chunk now and then is not read ahead of, %i at a time",
    async (concurrency) => {
      const source = watched_source(zip, windows);
      const archive = await open_archive(source, options);
      const storage = new Storage();
      let taken = 0;
      let stalled_reads = 0;
      const slow = async function* (bytes: AsyncIterable<Uint8Array>) {
        for await (const chunk of bytes) {
          await taken_by_zlib();
          await turns(4);
          const { reads } = source.watch;
          await turns(2);
          // Others may take a chunk in the meantime.
          if (concurrency === 1) stalled_reads += source.watch.reads - reads;
          taken += chunk.byteLength;
          yield chunk;
        }
      };
      const sink: EntrySink<string> = {
        async write(entry, bytes) {
          return { outcome: "stored", value: await storage.put(entry.path, slow(bytes), async () => {}) };
        },
      };
      const outcomes = await extract(archive, sink, { concurrency });
      await expect_sound(outcomes, storage, source);
      expect(taken).toBe(photos.reduce((sum, { data }) => sum + data.byteLength, 0));
      expect(stalled_reads).toBe(0);
      expect(source.watch.most_held).toBeLessThanOrEqual(source.watch.bound);
      expect(source.watch.most_held).toBeGreaterThan(windows.window_bytes);
    },
  );

  it("anything may fail at any moment, and be called off at any other", async () => {
    const case_of_trouble = fc.record({
      failing_reads: fc.uniqueArray(fc.nat({ max: 45 }), { maxLength: 12 }),
      failing_writes: fc.uniqueArray(fc.nat({ max: 13 }), { maxLength: 3 }),
      /** Of a write: after so many chunks. */
      failing_chunk: fc.nat({ max: 4 }),
      abort_at: seldom(fc.nat({ max: 120 }), Number.POSITIVE_INFINITY),
      fatal: seldom(fc.nat({ max: 13 }), -1),
      concurrency: fc.integer({ min: 1, max: 8 }),
      window_bytes: fc.integer({ min: 64, max: 4_096 }),
      windows: fc.integer({ min: 2, max: 4 }),
      attempts: fc.integer({ min: 1, max: 3 }),
      pause: fc.nat({ max: 2 }),
      own_memory: fc.boolean(),
    });
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(case_of_trouble, async (trouble) => {
        const stop = new AbortController();
        let moment = 0;
        const tick = async () => {
          await turns(trouble.pause);
          if (moment === trouble.abort_at) stop.abort(new Error("enough"));
          moment += 1;
        };
        let opening = Number.POSITIVE_INFINITY;
        const source = watched_source(zip, trouble, async (nth) => {
          if (nth <= opening) return;
          await tick();
          if (trouble.failing_reads.includes(nth - opening)) throw new Error("the connection was reset");
        });
        const archive = await open_archive(source, options);
        opening = source.watch.reads;
        const storage = new Storage();
        const sink: EntrySink<string, "storage_down"> = {
          async write(entry, bytes) {
            const { index, path } = entry;
            const troubled = async function* () {
              let chunks = 0;
              for await (const chunk of bytes) {
                await tick();
                if (trouble.failing_writes.includes(index) && chunks === trouble.failing_chunk)
                  throw new Error("no space");
                chunks += 1;
                yield chunk;
              }
              if (trouble.failing_writes.includes(index)) throw new Error("no space");
            };
            if (trouble.fatal === index) return { outcome: "failed", reason: "storage_down", fatal: true };
            return { outcome: "stored", value: await storage.put(path, troubled(), tick) };
          },
        };
        const { concurrency, attempts } = trouble;
        const outcomes = await extract(archive, sink, { concurrency, attempts, signal: stop.signal });
        await expect_sound(outcomes, storage, source);
        for (const one of outcomes) {
          const reason = reason_of(one);
          seen.add(reason);
          const called_off =
            stop.signal.aborted || outcomes.some((each) => reason_of(each) === "storage_down");
          if (reason === "write_failed") expect(trouble.failing_writes).toContain(one.entry.index);
          else if (reason === "read_failed") expect(trouble.failing_reads).not.toEqual([]);
          else if (reason === "storage_down") expect(trouble.fatal).toBe(one.entry.index);
          else if (reason !== "stored")
            expect([called_off, reason]).toEqual([true, expect.stringMatching(/^(aborted|not_attempted)$/)]);
        }
      }),
      { numRuns: 150 },
    );
    expect([...seen].sort()).toEqual([
      "aborted",
      "not_attempted",
      "read_failed",
      "storage_down",
      "stored",
      "write_failed",
    ]);
  });
});

describe("an entry that is read again", () => {
  /** zlib has taken all of it, and waits for somebody to take what comes out. */
  const zeros = build_zip({ entries: [{ name: "zeros", data: Buffer.alloc(1_000_000) }] });
  const streamed = { codec_sizes: { ...stream_all, read: 200 } };

  async function read_by(read: (bytes: AsyncIterable<Uint8Array>) => Promise<void>): Promise<void> {
    inflating.length = 0;
    const archive = await open_archive(watched_source(zeros, windows), streamed);
    const sink: EntrySink<never, "unwanted"> = {
      async write(_entry, bytes) {
        await read(bytes);
        return { outcome: "skipped", reason: "unwanted" };
      },
    };
    expect(summary(await extract(archive, sink))).toEqual(["zeros: unwanted"]);
  }

  it("ends the reading before", async () => {
    await read_by(async (bytes) => {
      const first = bytes[Symbol.asyncIterator]();
      expect(await first.next()).toMatchObject({ done: false });
      expect(await bytes[Symbol.asyncIterator]().next()).toMatchObject({ done: false });
      expect(await first.next()).toMatchObject({ done: true });
    });
    expect(inflating.map(({ destroyed }) => destroyed)).toEqual([true, true]);
  });

  it("is left open by no reading that was asked for and never begun", async () => {
    await read_by(async (bytes) => {
      await bytes[Symbol.asyncIterator]().next();
      await turns(20);
      bytes[Symbol.asyncIterator]();
    });
    expect(inflating.map(({ destroyed }) => destroyed)).toEqual([true]);
  });
});
