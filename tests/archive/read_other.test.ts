import { describe, expect, it } from "vitest";
import {
  type ArchiveEntry,
  type ByteSource,
  bytes_source,
  type EntryOutcome,
  type EntrySink,
  type ExtractOptions,
  extract,
  longest_other,
  open_archive,
  type WindowOptions,
  windowed_source,
} from "../../archive/index.ts";
import { collect, collecting_sink, noise, stream_all } from "./sinks.ts";
import { build_zip, type EntryParts } from "./zip_builder.ts";

const COUNT = 200;
const windows = { window_bytes: 1024 * 1024 };

const photo = (nth: number): EntryParts & { name: string } => ({
  name: `${nth}.jpg`,
  data: noise(100_000, nth),
  method: 0,
});
const note = (nth: number): EntryParts & { name: string } => ({
  name: `${nth}.jpg.json`,
  data: noise(1_000, 10_000 + nth),
});
const numbers = [...Array(COUNT).keys()];

const orders = {
  "before the photo": numbers.flatMap((nth) => [note(nth), photo(nth)]),
  "behind the photo": numbers.flatMap((nth) => [photo(nth), note(nth)]),
  "all behind the photos": [...numbers.map(photo), ...numbers.map(note)],
  "all before the photos": [...numbers.map(note), ...numbers.map(photo)],
  none: numbers.map(photo),
};

/** Counts reads, and fails those that it is told to, counted from 1. */
function counted(bytes: Uint8Array, fails: (nth: number, start: number) => boolean = () => false) {
  const source = {
    size: bytes.byteLength,
    reads: 0,
    async read(start: number, end: number, signal?: AbortSignal, into?: Uint8Array) {
      source.reads += 1;
      if (fails(source.reads, start)) throw new Error("the network is gone");
      await new Promise((resolve) => setImmediate(resolve));
      signal?.throwIfAborted();
      // Whoever still looks at what was in this memory before is to see that it is not theirs.
      into?.fill(0xaa);
      if (into === undefined) return Buffer.from(bytes.subarray(start, end));
      into.set(bytes.subarray(start, end));
      return into;
    },
  };
  return source satisfies ByteSource;
}

/** Keeps what is in each photo's note, and skips the notes, which it remembers. */
function noting_sink(entries: readonly ArchiveEntry[]): EntrySink<Buffer, "note"> {
  const by_path = new Map(entries.map((entry) => [entry.path, entry]));
  const notes = new Map<ArchiveEntry, Buffer>();
  return {
    async write(entry, bytes, _signal, read_other) {
      const all = await collect(bytes);
      if (entry.path.endsWith(".json")) {
        notes.set(entry, all);
        return { outcome: "skipped", reason: "note" };
      }
      const other = by_path.get(`${entry.path}.json`);
      if (other === undefined) return { outcome: "stored", value: all };
      return { outcome: "stored", value: notes.get(other) ?? Buffer.from(await read_other(other)) };
    },
  };
}

async function noted(
  source: ByteSource,
  options: ExtractOptions = {},
  codec = {},
  of: WindowOptions = windows,
): Promise<EntryOutcome<Buffer, "note">[]> {
  const archive = await open_archive(windowed_source(source, of), codec);
  return extract(archive, noting_sink(archive.entries), options);
}

const all_right = (outcomes: readonly EntryOutcome<Buffer, "note">[]): boolean =>
  outcomes.every(
    (one) =>
      one.outcome === "skipped" ||
      (one.outcome === "stored" &&
        one.value.equals(note(Number.parseInt(one.entry.path, 10)).data ?? Buffer.alloc(0))),
  );

describe("another entry of the archive", () => {
  it.each(["before the photo", "behind the photo"] as const)(
    "that is right %s costs next to nothing",
    async (order) => {
      const reads = async (entries: readonly EntryParts[], concurrency: number): Promise<number> => {
        const source = counted(build_zip({ entries }));
        await noted(source, { concurrency });
        return source.reads;
      };
      for (const concurrency of [1, 4, 16]) {
        const source = counted(build_zip({ entries: orders[order] }));
        const outcomes = await noted(source, { concurrency });
        expect(outcomes).toHaveLength(2 * COUNT);
        expect(all_right(outcomes)).toBe(true);
        expect(source.reads).toBeLessThanOrEqual((await reads(orders.none, concurrency)) * 1.25);
      }
    },
  );

  it.each(["all behind the photos", "all before the photos"] as const)(
    "that lies elsewhere, %s, is fetched with its neighbours",
    async (order) => {
      const plain = counted(build_zip({ entries: orders.none }));
      await noted(plain, { concurrency: 16 });
      const source = counted(build_zip({ entries: orders[order] }));
      const outcomes = await noted(source, { concurrency: 16 });
      expect(all_right(outcomes)).toBe(true);
      expect(source.reads).toBeLessThanOrEqual(plain.reads + 5);
    },
  );

  it("need not be among those that are extracted", async () => {
    const source = counted(build_zip({ entries: orders["all behind the photos"] }));
    const archive = await open_archive(windowed_source(source, windows));
    const outcomes = await extract(archive, noting_sink(archive.entries), {
      entries: archive.entries.slice(40, 60),
      concurrency: 16,
    });
    expect(outcomes).toHaveLength(20);
    expect(all_right(outcomes)).toBe(true);
  });

  it("is read of an archive in memory, and by every way of inflating", async () => {
    const bytes = build_zip({ entries: orders["behind the photo"].slice(0, 40) });
    for (const codec_sizes of [undefined, stream_all]) {
      const archive = await open_archive(bytes_source(bytes), codec_sizes && { codec_sizes });
      expect(all_right(await extract(archive, noting_sink(archive.entries)))).toBe(true);
    }
    expect(all_right(await noted(counted(bytes), {}, { codec_sizes: stream_all }))).toBe(true);
  });

  it("is right though windows are as small as can be", async () => {
    const bytes = build_zip({ entries: orders["behind the photo"].slice(0, 60) });
    for (const window_bytes of [1_000, 50_000, 150_000]) {
      const outcomes = await noted(counted(bytes), { concurrency: 8 }, {}, { window_bytes });
      expect(all_right(outcomes)).toBe(true);
    }
  });

  it("is tried again where the source fails, and costs the photo no try", async () => {
    const entries = orders["all behind the photos"];
    const bytes = build_zip({ entries });
    const first_note = COUNT * 100_000;
    let failures = 0;
    const source = counted(
      bytes,
      (_, start) => start >= first_note - 40_000 && start < first_note + 50_000 && failures++ < 2,
    );
    expect(all_right(await noted(source, { concurrency: 1, attempts: 3 }))).toBe(true);
    expect(failures).toBeGreaterThanOrEqual(2);
  });

  it("that cannot be read is an error that the sink hears of, after as many tries", async () => {
    const bytes = build_zip({ entries: orders["all behind the photos"], comment: Buffer.alloc(65_000) });
    const tries: number[] = [];
    const source = counted(bytes, (nth, start) => start > COUNT * 100_000 && tries.push(nth) > 0);
    const archive = await open_archive(bytes_source(bytes));
    const heard: unknown[] = [];
    const outcomes = await extract(
      { ...archive, source: windowed_source(source, windows) },
      {
        async write(entry, chunks, signal, read_other) {
          const other = archive.entries[entry.index + COUNT + 100];
          if (other !== undefined) await read_other(other).catch((error) => heard.push(error.code));
          return collecting_sink.write(entry, chunks, signal, read_other);
        },
      },
      { entries: archive.entries.slice(0, 3), concurrency: 1, attempts: 2 },
    );
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(["stored", "stored", "stored"]);
    expect(heard).toEqual(["read_failed", "read_failed", "read_failed"]);
    expect(tries).toHaveLength(6);
  });

  it.each([
    ["whose CRC-32 is wrong", { central: { crc32: 1 } }, "crc_mismatch"],
    ["that is encrypted", { flags: 1 }, "encrypted"],
    ["that has more bytes than it declares", { central: { size: 10 }, local: { size: 10 } }, "size_mismatch"],
  ] satisfies [string, Partial<EntryParts>, string][])("%s is not given", async (_, parts, code) => {
    const archive = await open_archive(
      bytes_source(build_zip({ entries: [photo(0), { ...note(0), ...parts }] })),
    );
    const heard: unknown[] = [];
    const [outcome] = await extract(archive, {
      async write(entry, bytes, signal, read_other) {
        for (const other of archive.entries.slice(1))
          await read_other(other).catch((error) => heard.push(error.code));
        return collecting_sink.write(entry, bytes, signal, read_other);
      },
    });
    expect(outcome?.outcome).toBe("stored");
    expect(heard).toContain(code);
  });

  it("is not read where it is large, inflated or not", async () => {
    const large = [
      { name: "a", data: noise(longest_other + 1), method: 0 },
      { name: "b", data: Buffer.alloc(longest_other + 1) },
    ];
    const right = { name: "c", data: noise(longest_other), method: 0 };
    const archive = await open_archive(bytes_source(build_zip({ entries: [photo(0), ...large, right] })));
    const heard: unknown[] = [];
    await extract(archive, {
      async write(entry, bytes, signal, read_other) {
        for (const other of archive.entries.slice(1)) {
          if (entry.index > 0) break;
          await read_other(other).then(
            ({ byteLength }) => heard.push(byteLength),
            (error) => heard.push(error.constructor),
          );
        }
        return collecting_sink.write(entry, bytes, signal, read_other);
      },
    });
    expect(heard).toEqual([RangeError, RangeError, longest_other]);
  });

  it("is given up with the extraction", async () => {
    const stop = new AbortController();
    const bytes = build_zip({ entries: orders["behind the photo"].slice(0, 40) });
    const archive = await open_archive(windowed_source(counted(bytes), windows));
    const outcomes = await extract(
      archive,
      {
        async write(entry, chunks, signal, read_other) {
          stop.abort(new Error("enough"));
          const other = archive.entries[1];
          if (other !== undefined) await read_other(other);
          return collecting_sink.write(entry, chunks, signal, read_other);
        },
      },
      { signal: stop.signal, concurrency: 4 },
    );
    expect(outcomes.every(({ outcome }) => outcome === "failed")).toBe(true);
  });
});
