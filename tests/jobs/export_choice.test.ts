import { ListObjectsV2Command } from "@aws-sdk/client-s3";
import * as fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { type ExportRequest, export_request, make_export_plan } from "../../jobs/export_choice.ts";
import { photo_filename, photo_key } from "../../layer/photo_keys.ts";
import { new_upload_id } from "../../layer/upload_keys.ts";
import { watched } from "../support/interrupted.ts";
import { start_photo_storage } from "../support/photo_storage.ts";
import { quiet } from "../support/quiet.ts";

const { store, put, close } = await start_photo_storage();
quiet();
afterAll(close);

const { signal } = new AbortController();
const GIB = 1024 ** 3;

/** Plans for a user whose photos are not stored, only listed, 1,000 at a time. */
function plan_of(photos: readonly (readonly [filename: string, size: number])[], request: ExportRequest) {
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
  return make_export_plan({ ...store, s3 }, { user: "ann", id: new_upload_id() }, request, signal);
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
      upload: expect.any(String),
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
      let at = 0;
      const s3 = watched(store.s3, async (command, send) => {
        if (!(command instanceof ListObjectsV2Command)) return send();
        const page = photos.slice(at, Math.min(at + 1_000, count));
        at += 1_000;
        return {
          Contents: page.map(([filename, Size]) => ({ Key: `ann/${filename}`, Size })),
          IsTruncated: at < count,
        };
      });
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

  it("has 32 MiB of directory and no more", { timeout: 60_000 }, async () => {
    const long = "x".repeat(255);
    const photos = Array.from({ length: 65_000 }, (_, index) => [filename_at(index, long), 1] as const);
    let at = 0;
    const s3 = watched(store.s3, async (command, send) => {
      if (!(command instanceof ListObjectsV2Command)) return send();
      const page = photos.slice(at, at + 1_000);
      at += 1_000;
      return {
        Contents: page.map(([filename, Size]) => ({ Key: `ann/${filename}`, Size })),
        IsTruncated: at < photos.length,
      };
    });
    const job = { user: "ann", id: new_upload_id() };
    expect(await make_export_plan({ ...store, s3 }, job, { all: true }, signal)).toEqual({
      refused: "export_too_large",
    });
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
