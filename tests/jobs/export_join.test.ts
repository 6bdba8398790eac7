/** How segments become one archive, whoever else is at it and whatever fails. */

import { crc32 } from "node:zlib";
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  type S3Client,
  S3ServiceException,
  UploadPartCopyCommand,
} from "@aws-sdk/client-s3";
import { afterAll, describe, expect, it } from "vitest";
import { join_ms, join_segments } from "../../jobs/export_join.ts";
import type { Segment } from "../../jobs/export_segments.ts";
import { type ExportKey, export_archive_key, export_part_key } from "../../layer/export_keys.ts";
import { new_upload_id } from "../../layer/upload_keys.ts";
import { export_size, LEAST_PART_BYTES, put_export_part } from "../../storage/export_archive.ts";
import { caught } from "../support/caught.ts";
import { watched } from "../support/interrupted.ts";
import { BUCKET, start_photo_storage } from "../support/photo_storage.ts";
import { quiet } from "../support/quiet.ts";

const { store, close } = await start_photo_storage();
quiet();
afterAll(close);

const { signal } = new AbortController();

/** Segments of the least size, and one of a byte behind them. */
async function recorded(whole: number): Promise<{ job: ExportKey; segments: Segment[]; bytes: Buffer }> {
  const job = { user: "ann", id: new_upload_id() };
  const bodies = Array.from({ length: whole }, (_, index) => Buffer.alloc(LEAST_PART_BYTES, index));
  bodies.push(Buffer.from("z"));
  const segments: Segment[] = [];
  let bytes = 0;
  for (const [number, body] of bodies.entries()) {
    const checksum = crc32(body).toString(16).padStart(8, "0");
    const part = await put_export_part(store, job, number, { crc32: checksum, body }, signal);
    bytes += body.byteLength;
    segments.push({
      ...part,
      bytes,
      photo_bytes: 0,
      ended: [],
      next: { photo: 0, at: 0 },
      open: null,
      total: { photos: 0, bytes: 0 },
      last: number === whole,
    });
  }
  return { job, segments, bytes: Buffer.concat(bodies) };
}

async function archive_of(job: ExportKey): Promise<Buffer> {
  const get = new GetObjectCommand({ Bucket: BUCKET, Key: export_archive_key(job) });
  return Buffer.from((await (await store.s3.send(get)).Body?.transformToByteArray()) ?? []);
}

async function uploads(): Promise<number> {
  const { Uploads = [] } = await store.s3.send(new ListMultipartUploadsCommand({ Bucket: BUCKET }));
  return Uploads.length;
}

const joined_by = (s3: S3Client, job: ExportKey, segments: readonly Segment[], until = signal) =>
  join_segments({ ...store, s3 }, job, segments, until);

describe("segments", () => {
  it("are copied several at a time, and no more than sixteen", async () => {
    const { job, segments, bytes } = await recorded(3);
    const many = Array.from({ length: 40 }, () => segments.slice(0, 3))
      .flat()
      .slice(0, 40);
    let [now, most] = [0, 0];
    const s3 = watched(store.s3, async (command, send) => {
      if (!(command instanceof UploadPartCopyCommand)) return send();
      now += 1;
      most = Math.max(most, now);
      await new Promise(setImmediate);
      now -= 1;
      return { CopyPartResult: { ETag: '"none"' } };
    });
    await caught(() => joined_by(s3, job, many));
    expect(most).toBe(16);
    await joined_by(store.s3, job, segments);
    expect((await archive_of(job)).equals(bytes)).toBe(true);
    expect(await uploads()).toBe(0);
  });

  it("are joined once: who comes later finds the archive, and begins nothing", async () => {
    const { job, segments } = await recorded(0);
    await joined_by(store.s3, job, segments);
    const s3 = watched(store.s3, async (command, send) => {
      expect(command).not.toBeInstanceOf(CreateMultipartUploadCommand);
      return send();
    });
    await joined_by(s3, job, segments);
  });

  it("are joined once by two who are at it at the same time; the other's copies are removed", async () => {
    const { job, segments, bytes } = await recorded(1);
    const both = Promise.withResolvers<void>();
    let ready = 0;
    const s3 = watched(store.s3, async (command, send) => {
      if (command instanceof CompleteMultipartUploadCommand) {
        ready += 1;
        if (ready === 2) both.resolve();
        await both.promise;
      }
      return send();
    });
    await Promise.all([joined_by(s3, job, segments), joined_by(s3, job, segments)]);
    expect(ready).toBe(2);
    expect((await archive_of(job)).equals(bytes)).toBe(true);
    expect(await uploads()).toBe(0);
  });

  it("are joined, though the answer to that was lost and the upload is gone", async () => {
    const { job, segments, bytes } = await recorded(1);
    const s3 = watched(store.s3, async (command, send) => {
      const answer = await send();
      if (!(command instanceof CompleteMultipartUploadCommand)) return answer;
      throw new S3ServiceException({
        name: "NoSuchUpload",
        $fault: "client",
        $metadata: { httpStatusCode: 404 },
      });
    });
    await joined_by(s3, job, segments);
    expect((await archive_of(job)).equals(bytes)).toBe(true);
  });

  it("of which one is gone are not joined, and nothing is left behind", async () => {
    const { job, segments } = await recorded(2);
    const gone = segments[1]?.part ?? "";
    await store.s3.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: export_part_key(job, gone) }));
    expect(await caught(() => joined_by(store.s3, job, segments))).toMatchObject({ code: "storage_refused" });
    expect(await export_size(store, job, signal)).toBeUndefined();
    expect(await uploads()).toBe(0);
  });

  it.each([CreateMultipartUploadCommand, UploadPartCopyCommand, CompleteMultipartUploadCommand])(
    "are joined by the next where one fails at %o",
    async (failing) => {
      const { job, segments, bytes } = await recorded(1);
      const s3 = watched(store.s3, async (command, send) => {
        if (command instanceof failing) throw new Error("The connection was reset.");
        return send();
      });
      expect(await caught(() => joined_by(s3, job, segments))).toMatchObject({ code: "storage_unavailable" });
      expect(await uploads()).toBe(0);
      await joined_by(store.s3, job, segments);
      expect((await archive_of(job)).equals(bytes)).toBe(true);
    },
  );

  it("are not joined any more when the time is up, and the copies are removed all the same", async () => {
    const { job, segments } = await recorded(2);
    const end = new AbortController();
    let copies = 0;
    const s3 = watched(store.s3, async (command, send) => {
      const answer = await send();
      if (command instanceof UploadPartCopyCommand) {
        copies += 1;
        if (copies === 2) end.abort(new Error("The time is up."));
      }
      return answer;
    });
    expect(await caught(() => joined_by(s3, job, segments, end.signal))).toBeInstanceOf(Error);
    expect(await uploads()).toBe(0);
    expect(await export_size(store, job, signal)).toBeUndefined();
  });
});

describe("the time for joining", () => {
  it("is a part of what a worker has, also of a thousand segments", () => {
    expect(join_ms(1)).toBeLessThan(30_000);
    expect(join_ms(1_050)).toBeGreaterThan(120_000);
    expect(join_ms(1_050)).toBeLessThan(180_000);
  });
});
