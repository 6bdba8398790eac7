/** Exports, from the request to the archive, whatever happens to the workers in between. */
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
  UploadPartCopyCommand,
} from "@aws-sdk/client-s3";
import { afterAll, describe, expect, it } from "vitest";
import { join_ms } from "../../jobs/export_join.ts";
import { type ExportKey, export_archive_key, export_part_key } from "../../layer/export_keys.ts";
import { photo_filename, photo_key } from "../../layer/photo_keys.ts";
import { new_upload_id } from "../../layer/upload_keys.ts";
import { type ExportQueue, type ExportTurns, start_export_queue } from "../support/export_queue.ts";
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

/** Tiny ones, about a second after each other. */
const many_photos = (count: number): Stored[] =>
  Array.from({ length: count }, (_, index) => {
    const at = new Date(DAY + index * 1_001);
    const name = `${index}.jpg`;
    return { filename: photo_filename(at, name), name, bytes: distinct(70, index), at };
  });

/** A client to which these photos of a user are there, beside what is stored: to write 70,000 of them would take minutes. */
function with_photos(s3: S3Client, user: string, photos: readonly Stored[]): S3Client {
  const bytes = new Map(photos.map((photo) => [photo_key(user, photo.filename), photo.bytes]));
  const keys = [...bytes.keys()];
  return watched(s3, async (command, send) => {
    if (command instanceof ListObjectsV2Command && command.input.Prefix === `${user}/`) {
      const { StartAfter = "" } = command.input;
      const first = keys.findIndex((key) => key > StartAfter);
      const page = first < 0 ? [] : keys.slice(first, first + 1_000);
      return {
        Contents: page.map((Key) => ({ Key, Size: bytes.get(Key)?.byteLength })),
        IsTruncated: page.at(-1) !== undefined && page.at(-1) !== keys.at(-1),
      };
    }
    const body = command instanceof GetObjectCommand ? bytes.get(command.input.Key ?? "") : undefined;
    return body === undefined ? send() : { Body: { transformToByteArray: async () => body } };
  });
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

  it("finds a few photos among thousands without listing them all", async () => {
    const user = "thousands";
    const photos = many_photos(2_500);
    const wanted = [photos[3], photos[2_400]].flatMap((photo) => photo ?? []);
    let listings = 0;
    const job = await queue.ask_for(user, { filenames: wanted.map(({ filename }) => filename) });
    await queue.run({
      client: (s3) =>
        watched(with_photos(s3, user, photos), (command, send) => {
          if (command instanceof ListObjectsV2Command && command.input.Prefix === `${user}/`) listings += 1;
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
    const segments = (await queue.storage.keys()).filter((key) => key.includes(`${job.id}/segments/`));
    expect(segments.length).toBeGreaterThan(3);
    await expect_readable(
      await queue.archive(job),
      photos.map((photo) => in_archive(photo)),
    );
  });
});

/** Fails unless the export is done, and its archive has exactly these photos. */
async function expect_exported(from: ExportQueue, job: ExportKey, photos: readonly Stored[]): Promise<void> {
  expect(await from.progress(job)).toMatchObject({ state: "done", failed: 0 });
  expect(await unpacked(await from.archive(job))).toEqual(photos.map((photo) => in_archive(photo)));
}

/** Three segments. */
const LARGE = [6 * MIB, 6 * MIB, 6 * MIB, 6 * MIB, 15 * MIB, 2_000].map(
  (bytes, index) => [`${index}.jpg`, bytes] as const,
);
const SMALL = Array.from({ length: 5 }, (_, index) => [`${index}.jpg`, 1_000 + index] as const);

describe("a worker whose time is up", () => {
  it("asks for the rest, so that an export may take any number of them", { timeout: 60_000 }, async () => {
    const { user, photos } = await stored(queue, LARGE);
    const job = await queue.ask_for(user, { all: true });
    const before = queue.begun.length;
    // A minute before the end nobody begins a second segment.
    expect(await queue.run({ remaining_ms: 50_000 })).toBe(0);
    expect(queue.begun.slice(before).map(({ part }) => part)).toEqual(["plan", 1, 2]);
    await expect_exported(queue, job, photos);
  });

  it("leaves the joining of the segments to the next one, who does it whatever time is left", async () => {
    const { user, photos } = await stored(queue, SMALL);
    const job = await queue.ask_for(user, { all: true });
    const before = queue.begun.length;
    expect(await queue.run({ remaining_ms: join_ms(1) - 1_000 })).toBe(0);
    expect(queue.begun.slice(before).map(({ part }) => part)).toEqual(["plan", 1]);
    await expect_exported(queue, job, photos);
  });
});

describe("a worker that dies", () => {
  it("at any of its requests leaves nothing that its successor does not bring to the same end", {
    timeout: 120_000,
  }, async () => {
    const { user, photos } = await stored(queue, SMALL);
    const job = await queue.ask_for(user, { all: true });
    let requests = 0;
    await queue.run({
      client: (s3) =>
        watched(s3, (_, send) => {
          requests += 1;
          return send();
        }),
    });
    await expect_exported(queue, job, photos);
    expect(requests).toBeGreaterThan(14);
    for (let at = 1; at <= requests; at += 1) {
      for (const carried_out of [false, true]) {
        const again = await queue.ask_for(user, { all: true });
        let deaths = 0;
        const client: NonNullable<ExportTurns["client"]> = (s3) => {
          deaths += 1;
          return deaths === 1 ? interrupted(s3, { at, carried_out }) : s3;
        };
        expect(await queue.run({ client }), `${at} ${carried_out}`).toBe(0);
        await expect_exported(queue, again, photos);
      }
    }
  });

  it("in the middle of several segments is no harm either", { timeout: 120_000 }, async () => {
    const { user, photos } = await stored(queue, LARGE);
    for (const at of [10, 15, 20, 25, 30]) {
      const job = await queue.ask_for(user, { all: true });
      let first = true;
      const client: NonNullable<ExportTurns["client"]> = (s3) => {
        const mortal = first ? interrupted(s3, { at, carried_out: true }) : s3;
        first = false;
        return mortal;
      };
      expect(await queue.run({ client })).toBe(0);
      await expect_exported(queue, job, photos);
    }
  });

  it.each<[string, (command: object) => boolean, number]>([
    ["before a segment's object", is_part, 0],
    ["between that and its record", is_record, 0],
    ["before the upload of the archive", (command) => command instanceof CreateMultipartUploadCommand, 5],
    ["before a copy", (command) => command instanceof UploadPartCopyCommand, 5],
    ["before the archive is complete", (command) => command instanceof CompleteMultipartUploadCommand, 5],
    ["between that and the result", is_result, 5],
  ])("again and again, %s, makes a dead letter, after which it can go on", async (_, deadly, done) => {
    const { user, photos } = await stored(queue, SMALL);
    const job = await queue.ask_for(user, { all: true });
    const client = (s3: S3Client) =>
      watched(s3, async (command, send) => {
        if (deadly(command)) throw new Ended();
        return send();
      });
    for (const part of ["plan", "plan"] as const) {
      expect(await queue.run({ client })).toBe(1);
      expect(await queue.progress(job)).toMatchObject({ state: "running", done: { photos: done } });
      queue.repeat({ job, part });
    }
    expect(await queue.run()).toBe(0);
    await expect_exported(queue, job, photos);
  });

  it("after some of the copies leaves an upload that the bucket's rule removes, and no other archive", {
    timeout: 60_000,
  }, async () => {
    const { user, photos } = await stored(queue, LARGE);
    const job = await queue.ask_for(user, { all: true });
    let [workers, copies] = [0, 0];
    const client: NonNullable<ExportTurns["client"]> = (s3) => {
      workers += 1;
      if (workers > 1) return s3;
      let dead = false;
      return watched(s3, async (command, send) => {
        if (dead) throw new Ended();
        const answer = await send();
        if (command instanceof UploadPartCopyCommand) {
          copies += 1;
          dead = copies === 2;
          if (dead) throw new Ended();
        }
        return answer;
      });
    };
    expect(await queue.run({ client })).toBe(0);
    expect([workers, copies]).toEqual([2, 2]);
    await expect_exported(queue, job, photos);
    const { s3 } = queue.storage.store;
    const { Uploads = [] } = await s3.send(new ListMultipartUploadsCommand({ Bucket: BUCKET }));
    expect(Uploads.filter(({ Key = "" }) => Key === export_archive_key(job))).toHaveLength(1);
  });
});

const put_key = (command: object): string =>
  command instanceof PutObjectCommand ? (command.input.Key ?? "") : "";
const is_part = (command: object): boolean => put_key(command).includes("/parts/");
const is_record = (command: object): boolean => put_key(command).includes("/segments/");
const is_result = (command: object): boolean => put_key(command).endsWith("/result");

describe("a storage that fails", () => {
  it("at any one request only delays the export", { timeout: 120_000 }, async () => {
    const { user, photos } = await stored(queue, SMALL);
    for (let at = 1; ; at += 1) {
      const job = await queue.ask_for(user, { all: true });
      let requests = 0;
      const client: NonNullable<ExportTurns["client"]> = (s3) =>
        watched(s3, async (_, send) => {
          requests += 1;
          if (requests === at) throw new Error("The connection was reset.");
          return send();
        });
      expect(await queue.run({ client }), String(at)).toBe(0);
      await expect_exported(queue, job, photos);
      if (requests < at) break;
    }
  });
});

describe("messages that come twice, with two workers at the same time", () => {
  it("make one archive", { timeout: 120_000 }, async () => {
    const { user, photos } = await stored(twice, LARGE);
    for (const remaining_ms of [50_000, 120_000]) {
      const job = await twice.ask_for(user, { all: true });
      expect(await twice.run({ workers: 2, remaining_ms })).toBe(0);
      await expect_exported(twice, job, photos);
    }
  });

  it("make an archive of one view, though a photo goes in between", { timeout: 60_000 }, async () => {
    const { user, photos } = await stored(twice, LARGE);
    const gone = photos[2];
    if (gone === undefined) throw new Error("There are more photos.");
    const job = await twice.ask_for(user, { all: true });
    let reads = 0;
    const client = (s3: S3Client) =>
      watched(s3, async (command, send) => {
        if (command instanceof GetObjectCommand && command.input.Key === photo_key(user, gone.filename)) {
          reads += 1;
          if (reads === 2) await remove(twice, user, gone);
        }
        return send();
      });
    expect(await twice.run({ workers: 2, client })).toBe(0);
    const progress = await twice.progress(job);
    if (progress?.state !== "done") throw new Error("The export is not done.");
    const left = photos.filter(({ filename }) => !progress.missing.includes(filename));
    expect(progress.missing.every((filename) => filename === gone.filename)).toBe(true);
    await expect_readable(
      await twice.archive(job),
      left.map((photo) => in_archive(photo)),
    );
  });
});

describe("a photo that is deleted before its turn comes", () => {
  it("is named, and the others are there", async () => {
    const { user, photos } = await stored(queue, SMALL);
    const [, gone] = photos;
    if (gone === undefined) throw new Error("There are more photos.");
    const job = await queue.ask_for(user, { all: true });
    let requests = 0;
    await queue.run({
      client: (s3) =>
        watched(s3, async (command, send) => {
          if (command instanceof GetObjectCommand && command.input.Key?.startsWith(`${user}/`)) {
            requests += 1;
            if (requests === 1) await remove(queue, user, gone);
          }
          return send();
        }),
    });
    expect(await queue.progress(job)).toMatchObject({ state: "done", failed: 1, missing: [gone.filename] });
    const left = photos.filter((photo) => photo !== gone);
    await expect_readable(
      await queue.archive(job),
      left.map((photo) => in_archive(photo)),
    );
  });
});

describe("a task of nothing", () => {
  it("is done with: one whose request has expired, and one of an archive that was removed", async () => {
    const job = { user: "nobody", id: new_upload_id() };
    queue.repeat({ job, part: "plan" });
    queue.repeat({ job, part: 7 });
    expect(await queue.run()).toBe(0);
    expect(await queue.progress(job)).toBeUndefined();
  });
});

describe("an export of whose parts one was removed", () => {
  it("is not done, nor given up: its task comes again", async () => {
    const { user, photos } = await stored(queue, SMALL);
    const job = await queue.ask_for(user, { all: true });
    const { storage } = queue;
    let removed: string | undefined;
    const client = (s3: S3Client) =>
      watched(s3, async (command, send) => {
        if (command instanceof CreateMultipartUploadCommand && removed === undefined) {
          removed = (await storage.keys()).find((key) => key.startsWith(export_part_key(job, "")));
          await s3.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: removed }));
        }
        return send();
      });
    expect(await queue.run({ client })).toBe(1);
    expect(removed).toBeDefined();
    expect(await queue.progress(job)).toMatchObject({ state: "running", done: { photos: photos.length } });
  });
});

describe("70,000 photos", () => {
  it("are an archive of ZIP64, which every reader takes", { timeout: 600_000 }, async () => {
    const user = "many";
    const photos = many_photos(70_000);
    const job = await queue.ask_for(user, { all: true });
    const client = (s3: S3Client) => with_photos(s3, user, photos);
    expect(await queue.run({ remaining_ms: 600_000, client })).toBe(0);
    await expect_exported(queue, job, photos);
    const archive = await queue.archive(job);
    await expect_readable(
      archive,
      photos.map((photo) => in_archive(photo)),
    );
  });
});
