import { describe, expect, it } from "vitest";
import type { ByteSource, EntrySink } from "../../archive/index.ts";
import { extract, large_limits, open_archive, windowed_source } from "../../archive/index.ts";
import { collecting_sink, noise, summary, with_a_gap } from "./sinks.ts";
import { build_zip, extra } from "./zip_builder.ts";

const GIB = 1024 ** 3;
const gap = 4.5 * GIB;
const first = noise(5_000, 1);
const last = noise(7_000, 2);

/** A photo, a film of 4.5 GiB of zeros, and a photo whose offset needs 64 bits. Only the photos are in memory. */
function archive_over_4_gib(): { source: ByteSource; bytes_read: () => number } {
  const sizes = extra(1, [8, gap], [8, gap]);
  const wide = { size: 0xffffffff, compressed_size: 0xffffffff };
  const film = { name: "film.mov", method: 0, compressed: Buffer.alloc(0), extra: sizes, central: wide };
  const film_at = 30 + "1.jpg".length + first.byteLength;
  const data_at = film_at + 30 + "film.mov".length + sizes.byteLength;
  const parts = [
    { name: "1.jpg", data: first, method: 0 },
    { ...film, local: { ...wide, extra: sizes } },
    {
      name: "2.jpg",
      data: last,
      method: 0,
      central: { offset: 0xffffffff },
      extra: extra(1, [8, data_at + gap]),
    },
  ];
  const directory_offset = gap + data_at + 30 + "2.jpg".length + last.byteLength;
  const directory_size = 3 * 46 + "1.jpgfilm.mov2.jpg".length + 20 + 12;
  const bytes = build_zip({
    entries: parts,
    zip64: "saturated",
    zip64_end: { directory_offset, locator_offset: directory_offset + directory_size },
  });
  const source = with_a_gap(bytes, data_at, gap);
  let bytes_read = 0;
  return {
    source: {
      size: source.size,
      read: (start, end) => {
        bytes_read += end - start;
        return source.read(start, end);
      },
    },
    bytes_read: () => bytes_read,
  };
}

const photos_only: EntrySink<Buffer, "film"> = {
  ...collecting_sink,
  skip_reason: ({ path }) => (path.endsWith(".mov") ? "film" : undefined),
};

describe("an archive of more than 4 GiB", () => {
  it.each([
    ["directly", (source: ByteSource) => source],
    ["in windows", (source: ByteSource) => windowed_source(source)],
  ])("is read %s where its entries are, and nowhere else", async (_how, view) => {
    const { source, bytes_read } = archive_over_4_gib();
    const archive = await open_archive(view(source), { limits: { ...large_limits, entry_bytes: 5 * GIB } });
    expect(archive.entries.map(({ size }) => size)).toEqual([5_000, gap, 7_000]);
    expect(archive.entries[2]?.header_offset).toBeGreaterThan(4 * GIB);
    const outcomes = await extract(archive, photos_only);
    expect(summary(outcomes)).toEqual(["1.jpg: stored", "film.mov: film", "2.jpg: stored"]);
    expect(outcomes.map((one) => (one.outcome === "stored" ? one.value : undefined))).toEqual([
      first,
      undefined,
      last,
    ]);
    expect(bytes_read()).toBeLessThan(300_000);
  });

  it("is not read on where the sink has seen enough of an entry", async () => {
    const { source, bytes_read } = archive_over_4_gib();
    const archive = await open_archive(windowed_source(source, { window_bytes: 1024 * 1024 }), {
      limits: large_limits,
    });
    const sink: EntrySink<Buffer, "film"> = {
      async write(entry, bytes, ...rest) {
        if (entry.size < GIB) return collecting_sink.write(entry, bytes, ...rest);
        for await (const _chunk of bytes) break;
        return { outcome: "skipped", reason: "film" };
      },
    };
    const outcomes = await extract(archive, sink);
    expect(summary(outcomes)).toEqual(["1.jpg: stored", "film.mov: film", "2.jpg: stored"]);
    expect(bytes_read()).toBeLessThan(10 * 1024 * 1024);
  });
});
