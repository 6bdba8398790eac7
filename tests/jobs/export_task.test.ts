/** Exports, from the request to the archive, whatever happens to the workers in between. */
import { DeleteObjectCommand, GetObjectCommand } from "@aws-sdk/client-s3";
import { afterAll, describe, expect, it } from "vitest";
import { TRIES } from "../../jobs/export_segment.ts";
import { type ExportKey, export_archive_key, export_segment_key } from "../../layer/export_keys.ts";
import { photo_filename, photo_key } from "../../layer/photo_keys.ts";
import { type ExportQueue, start_export_queue } from "../support/export_queue.ts";
import { jpeg_of } from "../support/fixture_photos.ts";
import { Ended, interrupted, watched } from "../support/interrupted.ts";
import { BUCKET } from "../support/photo_storage.ts";
import { quiet } from "../support/quiet.ts";
import { expect_readable, sha1, type UnpackedFile, unpacked } from "../support/zip_readers.ts";

const queue = await start_export_queue();
const twice = await start_export_queue({ copies: 2 });

quiet();
afterAll(() => Promise.all([queue, twice].map(({ storage }) => storage.close())));

const MIB = 1024 * 1024;
const DAY = Date.UTC(2026, 10, 23, 10, 15, 30);

interface Stored {
  readonly filename: string;
  readonly name: string;
  readonly bytes: Buffer;
  readonly at: Date;
}

let users = 0;
/** Photos of a new user, a minute and a millisecond after each other. */
async function stored(
  { storage }: ExportQueue,
  photos: readonly (readonly [name: string, bytes: number])[],
): Promise<{ readonly user: string; readonly photos: Stored[] }> {
  users += 1;
  const user = `user-${users}`;
  const made = photos.map(([name, bytes], index) => {
    const at = new Date(DAY + index * 60_001);
    return { filename: photo_filename(at, name), name, bytes: distinct(bytes, index), at };
  });
  for (const { filename, bytes } of made) await storage.put(photo_key(user, filename), bytes);
  return { user, photos: made };
}

const distinct = (bytes: number, seed: number): Buffer => {
  const photo = jpeg_of(bytes);
  for (let at = 64; at < bytes; at += 251) photo[at] = (at * 31 + seed * 17) & 0xff;
  return photo;
};

const in_archive = ({ name, bytes, at }: Stored, unique = name): UnpackedFile => ({
  name: unique,
  size: bytes.byteLength,
  sha1: sha1(bytes),
  modified: Math.floor(at.getTime() / 1000) * 1000,
});

const remove = (from: ExportQueue, user: string, { filename }: Stored) =>
  from.storage.store.s3.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: photo_key(user, filename) }));

async function exported(user: string, request: Parameters<ExportQueue["ask_for"]>[1]): Promise<ExportKey> {
  const job = await queue.ask_for(user, request);
  expect(await queue.run()).toBe(0);
  return job;
}

describe("an export", () => {
  it("of all photos of nobody is an archive without entries", async () => {
    const job = await exported("nobody", { all: true });
    expect(await queue.progress(job)).toMatchObject({ state: "done", size: 22, failed: 0, missing: [] });
    await expect_readable(await queue.archive(job), []);
  });

  it("of one photo has its bytes, its name and its date", async () => {
    const { user, photos } = await stored(queue, [["Größe 日本 \u{1f5fb}.jpg", 3_000]]);
    const job = await exported(user, { all: true });
    const archive = await queue.archive(job);
    expect(await queue.progress(job)).toMatchObject({
      state: "done",
      total: { photos: 1, bytes: 3_000 },
      size: archive.byteLength,
    });
    await expect_readable(
      archive,
      photos.map((photo) => in_archive(photo)),
    );
  });

  it("gives every photo a name of its own, and leaves other users' out", async () => {
    await stored(queue, [["beach.jpg", 100]]);
    const names = ["beach.jpg", "Beach.JPG", "beach.jpg", "beach (2).jpg", "é.jpg", "E\u0301.jpg", ".jpg"];
    const { user, photos } = await stored(
      queue,
      names.map((name) => [name, 500]),
    );
    const job = await exported(user, { all: true });
    const unique = [
      "beach.jpg",
      "Beach (2).JPG",
      "beach (3).jpg",
      "beach (2) (2).jpg",
      "é.jpg",
      "É (2).jpg",
      ".jpg",
    ];
    await expect_readable(
      await queue.archive(job),
      photos.map((photo, index) => in_archive(photo, unique[index])),
    );
  });

  it("of some photos has these, once each and oldest first, and names what is not there", async () => {
    const { user, photos } = await stored(queue, [
      ["a.jpg", 500],
      ["b.jpg", 600],
      ["c.jpg", 700],
      ["d.jpg", 800],
    ]);
    const [a, b, , d] = photos;
    if (a === undefined || b === undefined || d === undefined) throw new Error("There are four photos.");
    await remove(queue, user, b);
    const foreign = await stored(queue, [["foreign.jpg", 500]]);
    const none = ["nonsense", b.filename, "20260101T000000000Z_x.jpg", "99990101T000000000Z_x.jpg"];
    const others = foreign.photos.map(({ filename }) => filename.replace("foreign", "not foreign"));
    const filenames = [d.filename, ...none, a.filename, a.filename, ...others];
    const job = await exported(user, { filenames });
    const progress = await queue.progress(job);
    expect(progress).toMatchObject({
      state: "done",
      total: { photos: 7, bytes: 1_300 },
      failed: 5,
    });
    expect(progress?.state === "done" && progress.missing.toSorted()).toEqual(
      [...none, ...others].toSorted(),
    );
    await expect_readable(await queue.archive(job), [in_archive(a), in_archive(d)]);
  });

  it("finds a few photos among thousands without listing them all", { timeout: 60_000 }, async () => {
    const count = 2_500;
    const names = Array.from({ length: count }, (_, index) => [`${index}.jpg`, 60] as const);
    const { user, photos } = await stored(queue, names);
    const wanted = [photos[3], photos[2_400]].flatMap((photo) => photo ?? []);
    let listings = 0;
    const job = await queue.ask_for(user, { filenames: wanted.map(({ filename }) => filename) });
    await queue.run({
      client: (s3) =>
        watched(s3, (command, send) => {
          const { Prefix } = command.input as { Prefix?: string };
          if (Prefix === `${user}/`) listings += 1;
          return send();
        }),
    });
    expect(listings).toBe(2);
    await expect_readable(
      await queue.archive(job),
      wanted.map((photo) => in_archive(photo)),
    );
  });

  it("of photos that are larger than a segment writes them over several", { timeout: 60_000 }, async () => {
    const sizes = [2 * MIB, 41 * MIB + 7, 16 * MIB, 16 * MIB + 1, 3_000];
    const { user, photos } = await stored(
      queue,
      sizes.map((bytes, index) => [`${index}.jpg`, bytes]),
    );
    const job = await exported(user, { all: true });
    const parts = (await queue.storage.keys()).filter((key) => key.includes(`${job.id}/segments/`));
    expect(parts.length).toBeGreaterThan(3);
    await expect_readable(
      await queue.archive(job),
      photos.map((photo) => in_archive(photo)),
    );
  });
});
