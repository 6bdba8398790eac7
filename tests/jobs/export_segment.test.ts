/** What a segment holds, whatever becomes of its photos and whoever else is at it. */
import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { afterAll, describe, expect, it } from "vitest";
import { join_segments } from "../../jobs/export_join.ts";
import type { PlannedExport } from "../../jobs/export_plan.ts";
import { WHOLE_BYTES, write_next_segment } from "../../jobs/export_segment.ts";
import { read_segments, type Segment } from "../../jobs/export_segments.ts";
import { type ExportKey, export_archive_key, export_part_key } from "../../layer/export_keys.ts";
import { photo_filename, photo_key } from "../../layer/photo_keys.ts";
import { new_upload_id } from "../../layer/upload_keys.ts";
import { LEAST_PART_BYTES } from "../../storage/export_archive.ts";
import { caught } from "../support/caught.ts";
import { jpeg_of } from "../support/fixture_photos.ts";
import { watched } from "../support/interrupted.ts";
import { BUCKET, start_photo_storage } from "../support/photo_storage.ts";
import { quiet } from "../support/quiet.ts";
import { expect_readable, sha1 } from "../support/zip_readers.ts";

const { store, put, keys, close } = await start_photo_storage();
quiet();
afterAll(close);

const { signal } = new AbortController();
const MIB = 1024 * 1024;

const photos_of = (sizes: readonly number[]) =>
  sizes.map((size, index) => {
    const at = new Date(Date.UTC(2026, 10, 23, 10, index));
    const name = `${index}.jpg`;
    return { name, at, filename: photo_filename(at, name), bytes: jpeg_of(size).fill(index + 1, 30) };
  });
type Photo = ReturnType<typeof photos_of>[number];

/** An export of photos that are there. */
async function begun(photos: readonly Photo[], segment_bytes = 6 * MIB) {
  const job: ExportKey = { user: "ann", id: new_upload_id() };
  for (const { filename, bytes } of photos) await put(photo_key("ann", filename), bytes);
  const plan: PlannedExport = {
    photos: photos.map(({ filename, bytes }) => [filename, bytes.byteLength]),
    bytes: photos.reduce((sum, { bytes }) => sum + bytes.byteLength, 0),
    segment_bytes,
    missing: [],
  };
  return { job, plan };
}

const remove = ({ filename }: Photo) =>
  store.s3.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: photo_key("ann", filename) }));

/** Segment after segment; `between` is called before each. */
async function written(
  { job, plan }: Awaited<ReturnType<typeof begun>>,
  between: (segments: readonly Segment[]) => Promise<unknown> = async () => {},
): Promise<Segment[]> {
  const segments: Segment[] = [];
  while (segments.at(-1)?.last !== true) {
    await between(segments);
    segments.push(await write_next_segment(store, { job, plan, segments }, signal));
  }
  await join_segments(store, job, segments, signal);
  return segments;
}

async function archive_of(job: ExportKey): Promise<Buffer> {
  const { Body } = await store.s3.send(
    new GetObjectCommand({ Bucket: BUCKET, Key: export_archive_key(job) }),
  );
  return Buffer.from((await Body?.transformToByteArray()) ?? []);
}

const seen = (photos: readonly Photo[]) =>
  photos.map(({ name, at, bytes }) => ({
    name,
    size: bytes.byteLength,
    sha1: sha1(bytes),
    modified: at.getTime(),
  }));

describe("segments", () => {
  it("are as large as S3 demands, also where photos are gone that were to fill them", async () => {
    const photos = photos_of(Array.from({ length: 20 }, () => MIB));
    const under_way = await begun(photos);
    const gone = photos.filter((_, index) => index % 4 !== 0 && index < 16);
    const segments = await written(under_way, async (before) => {
      if (before.length === 0) await Promise.all(gone.map(remove));
    });
    const ends = segments.map(({ bytes }) => bytes);
    for (const [index, end] of ends.slice(0, -1).entries()) {
      expect(end - (ends[index - 1] ?? 0)).toBeGreaterThanOrEqual(LEAST_PART_BYTES);
    }
    expect(segments.flatMap(({ ended }) => ended).map((photo) => photo === null)).toEqual(
      photos.map((photo) => gone.includes(photo)),
    );
    expect(segments.at(-1)?.photo_bytes).toBe(20 * MIB);
    await expect_readable(
      await archive_of(under_way.job),
      seen(photos.filter((photo) => !gone.includes(photo))),
    );
  });

  it("that are all gone are an archive without entries", async () => {
    const photos = photos_of([MIB, MIB]);
    const under_way = await begun(photos);
    await Promise.all(photos.map(remove));
    expect(await written(under_way)).toMatchObject([{ ended: [null, null], bytes: 22, last: true }]);
    await expect_readable(await archive_of(under_way.job), []);
  });

  it("hold a large photo over several, with its CRC-32 behind it", async () => {
    const photos = photos_of([3_000, WHOLE_BYTES + 1, 2_000]);
    const under_way = await begun(photos);
    const segments = await written(under_way);
    expect(segments.length).toBeGreaterThanOrEqual(3);
    expect(segments.slice(0, 2).map(({ open }) => open?.header_offset)).toEqual([3_044, 3_044]);
    await expect_readable(await archive_of(under_way.job), seen(photos));
  });

  it("leave out a large photo that goes while it is written", async () => {
    const photos = photos_of([3_000, WHOLE_BYTES + 5 * MIB, 2_000]);
    const under_way = await begun(photos);
    const [first, large, last] = photos;
    if (first === undefined || large === undefined || last === undefined)
      throw new Error("There are three photos.");
    const segments = await written(under_way, async (before) => {
      if (before.length === 2) await remove(large);
    });
    expect(segments[1]?.open).not.toBeNull();
    expect(segments[2]?.open).toBeNull();
    expect(segments.flatMap(({ ended }) => ended).map((photo) => photo === null)).toEqual([
      false,
      true,
      false,
    ]);
    await expect_readable(await archive_of(under_way.job), seen([first, last]));
  });

  it("leave out a large photo that comes back after it has been missed", async () => {
    const photos = photos_of([WHOLE_BYTES + 5 * MIB, 2_000]);
    const under_way = await begun(photos);
    const [large, small] = photos;
    if (large === undefined || small === undefined) throw new Error("There are two photos.");
    await written(under_way, async (before) => {
      if (before.length === 1) await remove(large);
      if (before.length === 2) await put(photo_key("ann", large.filename), large.bytes);
    });
    await expect_readable(await archive_of(under_way.job), seen([small]));
  });
});

describe("a segment at which two workers are", () => {
  it("is that of who recorded it, though the other has uploaded something else last", async () => {
    const photos = photos_of([3_000, 4_000]);
    const under_way = await begun(photos);
    const [first, second] = photos;
    if (first === undefined || second === undefined) throw new Error("There are two photos.");
    const at_upload = Promise.withResolvers<void>();
    const go_on = Promise.withResolvers<void>();
    const slow = watched(store.s3, async (command, send) => {
      if (command instanceof PutObjectCommand && command.input.Key?.includes("/parts/")) {
        at_upload.resolve();
        await go_on.promise;
      }
      return send();
    });
    const work = { ...under_way, segments: [] };
    const slower = write_next_segment({ ...store, s3: slow }, work, signal);
    await at_upload.promise;
    await remove(second);
    const recorded = await write_next_segment(store, work, signal);
    go_on.resolve();
    expect(await slower).toEqual(recorded);
    expect(recorded.ended).toMatchObject([expect.anything(), null]);
    const parts = (await keys()).filter((key) => key.startsWith(export_part_key(under_way.job, "")));
    expect(parts).toHaveLength(2);
    expect(parts).toContain(export_part_key(under_way.job, recorded.part));
    await join_segments(store, under_way.job, [recorded], signal);
    await expect_readable(await archive_of(under_way.job), seen([first]));
  });
});

describe("a segment that cannot be written", () => {
  it("is recorded by nobody, and written by the next", async () => {
    const photos = photos_of([3_000]);
    const under_way = await begun(photos);
    const broken = watched(store.s3, async (command, send) => {
      if (command instanceof PutObjectCommand) throw new Error("broken");
      return send();
    });
    const work = { ...under_way, segments: [] };
    for (let nth = 0; nth < 12; nth += 1) {
      expect(await caught(() => write_next_segment({ ...store, s3: broken }, work, signal))).toMatchObject({
        code: "storage_unavailable",
      });
    }
    expect(await read_segments(store, under_way.job, signal)).toEqual([]);
    await written(under_way);
    await expect_readable(await archive_of(under_way.job), seen(photos));
  });

  it("since a photo has not as many bytes as were planned, is tried again", async () => {
    const photos = photos_of([3_000]);
    const { job, plan } = await begun(photos);
    const wrong: PlannedExport = { ...plan, photos: [[photos[0]?.filename ?? "", 2_999]] };
    const error = await caught(() => write_next_segment(store, { job, plan: wrong, segments: [] }, signal));
    expect(error).toMatchObject({ code: "storage_unavailable" });
  });
});
