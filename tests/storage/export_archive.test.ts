import { crc32 } from "node:zlib";
import { AbortMultipartUploadCommand } from "@aws-sdk/client-s3";
import { afterAll, describe, expect, it } from "vitest";
import { type ExportKey, export_archive_key } from "../../layer/export_keys.ts";
import { new_upload_id } from "../../layer/upload_keys.ts";
import {
  begin_export,
  complete_export,
  export_size,
  export_url,
  LEAST_PART_BYTES,
  put_export_part,
} from "../../storage/export_archive.ts";
import { caught_problem } from "../support/caught.ts";
import { BUCKET, start_photo_storage } from "../support/photo_storage.ts";
import { quiet } from "../support/quiet.ts";

let may_list = true;
const { store, presigning, close } = await start_photo_storage({ may_list: () => may_list });
quiet();
afterAll(close);

const { signal } = new AbortController();
const new_job = (): ExportKey => ({ user: "ann", id: new_upload_id() });

async function uploaded(job: ExportKey, upload: string, part: number, body: Buffer) {
  const checksum = crc32(body).toString(16).padStart(8, "0");
  const etag = await put_export_part(store, job, { upload, part, crc32: checksum, body }, signal);
  if (etag === undefined) throw new Error("The upload is gone.");
  return { part, etag, crc32: checksum };
}

describe("the archive of an export", () => {
  it("is joined of the parts that are named, and of no others", async () => {
    const job = new_job();
    const upload = await begin_export(store, job, signal);
    const first = await uploaded(job, upload, 3, Buffer.alloc(LEAST_PART_BYTES, 1));
    await uploaded(job, upload, 4, Buffer.alloc(LEAST_PART_BYTES, 2));
    const last = await uploaded(job, upload, 12, Buffer.from("end"));
    expect(await export_size(store, job, signal)).toBeUndefined();
    await complete_export(store, job, upload, [first, last], signal);
    expect(await export_size(store, job, signal)).toBe(LEAST_PART_BYTES + 3);
    const answer = await fetch(await export_url(presigning, job, "photos.zip", 60));
    expect(answer.headers.get("content-type")).toBe("application/zip");
    expect(answer.headers.get("content-disposition")).toBe('attachment; filename="photos.zip"');
    const bytes = Buffer.from(await answer.arrayBuffer());
    expect(bytes.equals(Buffer.concat([Buffer.alloc(LEAST_PART_BYTES, 1), Buffer.from("end")]))).toBe(true);

    // A second completion changes nothing, and a part comes too late.
    await complete_export(store, job, upload, [last], signal);
    expect(await export_size(store, job, signal)).toBe(LEAST_PART_BYTES + 3);
    const late = { upload, part: 1, crc32: "00000000", body: Buffer.alloc(0) };
    expect(await put_export_part(store, job, late, signal)).toBeUndefined();
  });

  it("is not written over by a second upload", async () => {
    const job = new_job();
    const uploads = [await begin_export(store, job, signal), await begin_export(store, job, signal)];
    for (const [index, upload] of uploads.entries()) {
      const part = await uploaded(job, upload, 1, Buffer.alloc(index + 1));
      await complete_export(store, job, upload, [part], signal);
    }
    expect(await export_size(store, job, signal)).toBe(1);
  });

  it("is not there where the upload was removed, whether or not S3 says so", async () => {
    const job = new_job();
    const upload = await begin_export(store, job, signal);
    const part = await uploaded(job, upload, 1, Buffer.from("x"));
    const Key = export_archive_key(job);
    await store.s3.send(new AbortMultipartUploadCommand({ Bucket: BUCKET, Key, UploadId: upload }));
    await complete_export(store, job, upload, [part], signal);
    for (const may of [true, false]) {
      may_list = may;
      expect(await export_size(store, job, signal)).toBeUndefined();
    }
    may_list = true;
  });

  it("takes no part that has been changed on its way", async () => {
    const job = new_job();
    const upload = await begin_export(store, job, signal);
    const part = { upload, part: 1, crc32: "00000000", body: Buffer.from("x") };
    expect((await caught_problem(() => put_export_part(store, job, part, signal))).code).toBe(
      "storage_refused",
    );
  });
});
