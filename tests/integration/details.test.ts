/** What photos say of themselves, from every way in which they come to /list, and through deletion and restoring. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { complete_upload_response } from "../../schemas/complete_upload.ts";
import { request_upload_response } from "../../schemas/request_upload.ts";
import { photo_restored } from "../../schemas/restore.ts";
import { upload_parts_response } from "../../schemas/upload_parts.ts";
import { build_zip } from "../archive/zip_builder.ts";
import { exif_of, jpeg_with_exif } from "../support/exif.ts";
import { fixture_photo, jpeg_of } from "../support/fixture_photos.ts";
import { large_heic } from "../support/heif.ts";
import { send_form, send_part } from "../support/uploads.ts";
import { read, read_problem } from "./client.ts";
import { queues_are_empty } from "./queues.ts";
import { new_session, type Session } from "./session.ts";
import { crashes, start_test_stack, type TestStack } from "./stack.ts";

let stack: TestStack;
beforeAll(async () => {
  stack = await start_test_stack();
});
afterAll(() => stack.close());

/** Another photo each time. */
const exif = (hour: number, orientation = 1): Buffer =>
  exif_of({
    original: `2026:07:14 ${hour}:42:08`,
    original_offset: "+02:00",
    orientation,
  });
const taken = (hour: number): string => `2026-07-14T${hour}:42:08+02:00`;

const PORTRAIT = { width: 806, height: 1_024 };
const portrait = async (hour: number): Promise<Buffer> =>
  jpeg_with_exif(await fixture_photo("jpeg_60k_baseline.jpg"), exif(hour, 6));

const HEIC = { width: 3_024, height: 4_032 };
const MIB = 1024 * 1024;

async function details_by_name(session: Session): Promise<Record<string, object>> {
  const { photos } = await session.list({ details: true });
  return Object.fromEntries(
    photos.map(({ name, takenAt, width, height }) => [name, { takenAt, width, height }]),
  );
}

async function requested(session: Session, bytes: Uint8Array, name: string, more: object = {}) {
  const declared = { name, size: bytes.byteLength, contentType: "", kind: "photo", ...more };
  return read(await session.json("/request_upload", declared), 201, request_upload_response);
}

async function sent_by_form(session: Session, bytes: Uint8Array, name: string, more?: object) {
  const form = await requested(session, bytes, name, more);
  if (form.method !== "POST") throw new Error("This is no form.");
  expect((await send_form(form, bytes)).status).toBe(204);
  return form.uploadId;
}

async function sent_in_parts(session: Session, bytes: Uint8Array, name: string): Promise<string> {
  const parted = await requested(session, bytes, name, { multipart: true });
  if (parted.method !== "PUT") throw new Error("This has no parts.");
  const { uploadId, parts, partSize } = parted;
  const sign = Array.from({ length: parts }, (_, index) => index + 1);
  const { urls } = read(await session.json("/upload_parts", { uploadId, sign }), 200, upload_parts_response);
  for (const number of sign) {
    const part = bytes.subarray((number - 1) * partSize, number * partSize);
    expect((await send_part(urls[number] ?? "", part)).status).toBe(200);
  }
  return uploadId;
}

async function completed(session: Session, uploadId: string): Promise<void> {
  const answer = await session.json("/complete_upload", { uploadId });
  read(answer, [200, 201, 202].find((status) => status === answer.status) ?? 200, complete_upload_response);
}

describe("the time and the dimensions of a photo", () => {
  it("are known by whichever way it came, with its time at its beginning or its end", async () => {
    const ann = await new_session(stack, "ann");
    await ann.upload(await portrait(10), "direct.jpg");
    await ann.unzip(build_zip({ entries: [{ name: "small entry.jpg", data: await portrait(11) }] }));
    await completed(ann, await sent_by_form(ann, large_heic(9 * MIB, exif(12)), "form.heic"));
    await completed(ann, await sent_in_parts(ann, large_heic(20 * MIB, exif(13)), "parts.heic"));
    const archive = build_zip({
      entries: [
        { name: "extracted entry.jpg", data: await portrait(14) },
        // Stored: so many zeros would inflate too well to be believed.
        { name: "large entry.heic", data: large_heic(9 * MIB, exif(15)), method: 0 },
      ],
    });
    const of_archive = { contentType: "application/zip", kind: "archive" };
    await completed(ann, await sent_by_form(ann, archive, "trip.zip", of_archive));
    // Nobody asks what has become of this one; the queue sees to it.
    await sent_by_form(ann, await fixture_photo("photo_lossy.webp"), "quiet.webp");
    await queues_are_empty(stack);
    expect(await details_by_name(ann)).toEqual({
      "direct.jpg": { takenAt: taken(10), ...PORTRAIT },
      "small entry.jpg": { takenAt: taken(11), ...PORTRAIT },
      "form.heic": { takenAt: taken(12), ...HEIC },
      "parts.heic": { takenAt: taken(13), ...HEIC },
      "extracted entry.jpg": { takenAt: taken(14), ...PORTRAIT },
      "large entry.heic": { takenAt: taken(15), ...HEIC },
      "quiet.webp": { takenAt: "2026-07-10T09:00:01", width: 1_600, height: 1_065 },
    });
    expect(crashes(stack)).toEqual([]);
  });

  it("are left out where they are not known, or not asked for", async () => {
    const bob = await new_session(stack, "bob");
    const { filename } = await bob.upload(jpeg_of(2_000), "nothing known.jpg");
    await bob.upload(await fixture_photo("photo.bmp"), "no time.bmp");
    const { photos } = await bob.list({ details: true });
    expect(photos.map(({ uploadedAt: _, ...photo }) => photo)).toEqual([
      expect.objectContaining({ name: "no time.bmp", width: 451, height: 300 }),
      { filename, name: "nothing known.jpg", size: 2_000 },
    ]);
    for (const body of [undefined, { details: false }]) {
      for (const photo of (await bob.list(body)).photos) {
        expect(Object.keys(photo).sort()).toEqual(["filename", "name", "size", "uploadedAt"]);
      }
    }
  });

  it("are there again when the photo is restored, and not told while it is deleted", async () => {
    const eve = await new_session(stack, "eve");
    const { filename } = await eve.upload(await portrait(20), "portrait.jpg");
    const before = await eve.list({ details: true });
    expect(before.photos).toMatchObject([{ takenAt: taken(20), ...PORTRAIT }]);
    expect((await eve.delete(filename)).status).toBe(200);
    expect(await eve.list({ details: true })).toEqual({ photos: [] });
    const refusal = await eve.json("/list", { deleted: true, details: true });
    read_problem(refusal, 400, "invalid_request", "details");
    expect((await eve.list({ deleted: true })).photos).toMatchObject([{ filename }]);
    read(await eve.json("/restore", { file: filename }), 200, photo_restored);
    expect(await eve.list({ details: true })).toEqual(before);
  });

  it("come with every page of a walk, and with the filters", async () => {
    const kim = await new_session(stack, "kim");
    for (const hour of [10, 11, 12]) await kim.upload(await portrait(hour), `${hour}.jpg`);
    const first = await kim.list({ details: true, limit: 2 });
    const second = await kim.list({ details: true, cursor: first.cursor });
    const all = [...first.photos, ...second.photos];
    expect(all.map(({ takenAt }) => takenAt)).toEqual([taken(12), taken(11), taken(10)]);
    const one = await kim.list({ details: true, prefix: "11" });
    expect(one.photos).toMatchObject([{ name: "11.jpg", takenAt: taken(11) }]);
    // The same walk goes on without them: they are no part of what was asked for.
    expect((await kim.list({ cursor: first.cursor })).photos).toMatchObject([{ name: "10.jpg" }]);
  });
});
