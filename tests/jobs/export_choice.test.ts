import { ListObjectsV2Command } from "@aws-sdk/client-s3";
import * as fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { directory_record, large_limits, most_record_bytes } from "../../archive/index.ts";
import { type ExportRequest, export_request, make_export_plan } from "../../jobs/export_choice.ts";
import { NAME_BYTES, photo_filename, photo_key } from "../../layer/photo_keys.ts";
import { new_upload_id } from "../../layer/upload_keys.ts";
import { watched } from "../support/interrupted.ts";
import { start_photo_storage } from "../support/photo_storage.ts";
import { quiet } from "../support/quiet.ts";

const { store, put, close } = await start_photo_storage();
quiet();
afterAll(close);

const { signal } = new AbortController();
const GIB = 1024 ** 3;

type Listed = readonly (readonly [filename: string, size: number])[];

/** A client to which these photos are there, in this order, page after page. */
function in_pages(photos: Listed) {
  let at = 0;
  return watched(store.s3, async (command, send) => {
    if (!(command instanceof ListObjectsV2Command)) return send();
    const page = photos.slice(at, at + 1_000);
    at += 1_000;
    return {
      Contents: page.map(([filename, Size]) => ({ Key: `ann/${filename}`, Size })),
      IsTruncated: at < photos.length,
    };
  });
}

/** Plans for a user whose photos are not stored, only listed, 1,000 at a time. */
function plan_of(photos: Listed, request: ExportRequest, limits = large_limits) {
  const sorted = photos.toSorted(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  const s3 = watched(store.s3, async (command, send) => {
    if (!(command instanceof ListObjectsV2Command)) return send();
    const { Prefix = "", StartAfter = "" } = command.input;
    const after = Buffer.from(StartAfter);
    const rest = sorted.filter(([filename]) => Buffer.compare(Buffer.from(Prefix + filename), after) > 0);
    return {
      Contents: rest.slice(0, 1_000).map(([filename, Size]) => ({ Key: Prefix + filename, Size })),
      IsTruncated: rest.length > 1_000,
    };
  });
  const job = { user: "ann", id: new_upload_id() };
  return make_export_plan({ ...store, s3 }, job, request, signal, limits);
}

const filename_at = (ms: number, name = "a.jpg") => photo_filename(new Date(1_700_000_000_000 + ms), name);

describe("the plan of an export", () => {
  it("has the photos in the order of time, with a name only where it is not the photo's own", async () => {
    const [a, b, c] = [filename_at(0), filename_at(1, "b.jpg"), filename_at(2)];
    const plan = await plan_of(
      [
        [b, 2],
        [c, 3],
        [a, 1],
      ],
      { all: true },
    );
    expect(plan).toEqual({
      photos: [
        [a, 1],
        [b, 2],
        [c, 3, "a (2).jpg"],
      ],
      bytes: 6,
      segment_bytes: 16 * 1024 * 1024,
      missing: [],
    });
  });

  it("finds exactly the photos that are named, wherever they are", async () => {
    const all = Array.from({ length: 3_500 }, (_, index) =>
      filename_at(Math.floor(index / 7), `${index % 7}.jpg`),
    );
    const listed = all.map((filename) => [filename, 10] as const);
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.integer({ min: 0, max: all.length - 1 }), { maxLength: 12 }),
        fc.array(fc.constantFrom("", "x", filename_at(-5), filename_at(100, "none.jpg"), filename_at(9_000))),
        async (chosen, none) => {
          const there = chosen.map((index) => all[index] ?? "");
          const plan = await plan_of(listed, { filenames: [...none, ...there, ...there] });
          if ("refused" in plan) throw new Error("The plan is refused.");
          expect(plan.photos.map(([filename]) => filename)).toEqual(there.toSorted());
          expect(plan.missing.toSorted()).toEqual([...new Set(none)].toSorted());
        },
      ),
      { numRuns: 25 },
    );
  });

  it("has 100,000 photos and no more", { timeout: 60_000 }, async () => {
    const photos = Array.from(
      { length: 100_001 },
      (_, index) => [filename_at(index, `${index}`), 1] as const,
    );
    const pages = (count: number) => {
      const s3 = in_pages(photos.slice(0, count));
      return make_export_plan({ ...store, s3 }, { user: "ann", id: new_upload_id() }, { all: true }, signal);
    };
    const plan = await pages(100_000);
    expect("photos" in plan && plan.photos.length).toBe(100_000);
    expect(await pages(100_001)).toEqual({ refused: "too_many_photos" });
  });

  it("has 50 GiB and no more, in about a thousand segments", async () => {
    const of = (last: number) =>
      plan_of(
        Array.from({ length: 10 }, (_, index) => [filename_at(index), index === 9 ? last : 5 * GIB] as const),
        { all: true },
      );
    const plan = await of(4.99 * GIB);
    expect("segment_bytes" in plan && plan.segment_bytes).toBeGreaterThan(50 * 1024 * 1024);
    expect(await of(5 * GIB)).toEqual({ refused: "export_too_large" });
  });

  it("has as much of a directory as it may, and no more, whatever stands around the photos", async () => {
    const names = ["a.jpg", "日本.jpg", `${"x".repeat(251)}.jpg`, "a.jpg"];
    const photos = names.map((name, index) => [filename_at(index, name), 3 * GIB] as const);
    const paths = [...names.slice(0, 3), "a (2).jpg"];
    const directory = paths.reduce(
      (sum, path, index) =>
        sum +
        directory_record({
          path,
          size: 3 * GIB,
          modified: new Date(),
          crc32: 0,
          described: true,
          header_offset: index * 3 * GIB,
        }).byteLength,
      0,
    );
    const of = (directory_bytes: number) =>
      plan_of(photos, { all: true }, { ...large_limits, directory_bytes });
    expect(await of(directory)).toMatchObject({ bytes: 12 * GIB });
    expect(await of(directory - 1)).toEqual({ refused: "export_too_large" });
  });

  it("takes 100,000 photos of the longest names, up to its last bytes", { timeout: 60_000 }, async () => {
    const long = (index: number) => String(index).padStart(NAME_BYTES, "x");
    const size = Math.floor((50 * GIB) / 100_000) - most_record_bytes(long(0));
    const photos = Array.from(
      { length: 100_000 },
      (_, index) => [filename_at(index, long(index)), size] as const,
    );
    const plan = await make_export_plan(
      { ...store, s3: in_pages(photos) },
      { user: "ann", id: new_upload_id() },
      { all: true },
      signal,
    );
    expect(plan).toMatchObject({ bytes: 100_000 * size });
    expect("segment_bytes" in plan && plan.bytes / plan.segment_bytes).toBeLessThan(1_001);
  });

  it("leaves out what is no photo", async () => {
    await put("bob/notes.txt");
    await put(photo_key("bob", filename_at(0)), "12345");
    const plan = await make_export_plan(store, { user: "bob", id: new_upload_id() }, { all: true }, signal);
    expect(plan).toMatchObject({ photos: [[filename_at(0), 5]], bytes: 5 });
  });
});

describe("what an export is asked for", () => {
  it.each([{}, { all: false }, { filenames: "x" }, { filenames: [7] }, null])("is not %j", (value) => {
    expect(export_request.safeParse(value).success).toBe(false);
  });
});
