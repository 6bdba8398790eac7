import { crc32 } from "node:zlib";
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  PutObjectCommand,
  S3ServiceException,
} from "@aws-sdk/client-s3";
import { afterAll, describe, expect, it } from "vitest";
import { type ExportKey, export_archive_key, export_part_key } from "../../layer/export_keys.ts";
import { new_upload_id } from "../../layer/upload_keys.ts";
import {
  abandon_archive,
  begin_archive,
  complete_archive,
  copy_part,
  type ExportPart,
  export_size,
  export_url,
  LEAST_PART_BYTES,
  put_export_part,
} from "../../storage/export_archive.ts";
import { caught_problem } from "../support/caught.ts";
import { watched } from "../support/interrupted.ts";
import { BUCKET, start_photo_storage } from "../support/photo_storage.ts";
import { quiet } from "../support/quiet.ts";

let may_list = true;
const { store, presigning, keys, put, close } = await start_photo_storage({ may_list: () => may_list });
quiet();
afterAll(close);

const { signal } = new AbortController();
const new_job = (): ExportKey => ({ user: "a+b%ü", id: new_upload_id() });

const written = (job: ExportKey, segment: number, body: Buffer, to = store) =>
  put_export_part(to, job, segment, { crc32: crc32(body).toString(16).padStart(8, "0"), body }, signal);

/** Joined as parts from 1 on. */
async function joined(job: ExportKey, parts: readonly ExportPart[], bytes: number): Promise<void> {
  const upload = await begin_archive(store, job, signal);
  const copies: Omit<ExportPart, "part">[] = [];
  for (const [index, part] of parts.entries()) {
    const etag = await copy_part(store, job, upload, index + 1, part, signal);
    copies.push({ etag, crc32: part.crc32 });
  }
  await complete_archive(store, job, upload, { parts: copies, bytes }, signal);
}

async function uploads_of(job: ExportKey): Promise<number> {
  const Prefix = export_archive_key(job);
  const list = new ListMultipartUploadsCommand({ Bucket: BUCKET, Prefix });
  return (await store.s3.send(list)).Uploads?.length ?? 0;
}

const refusal = (name: string, status: number) =>
  new S3ServiceException({ name, $fault: "client", $metadata: { httpStatusCode: status } });

describe("a part of an export", () => {
  it("is an object of its own each time that it is written", async () => {
    const job = new_job();
    const parts = [await written(job, 7, Buffer.from("one")), await written(job, 7, Buffer.from("two"))];
    const own = (await keys()).filter((key) => key.startsWith(export_part_key(job, "")));
    expect(own).toEqual(parts.map(({ part }) => export_part_key(job, part)).toSorted());
    for (const { part, etag } of parts) {
      const get = new GetObjectCommand({ Bucket: BUCKET, Key: export_part_key(job, part), IfMatch: etag });
      expect(await (await store.s3.send(get)).Body?.transformToString()).toMatch(/^(one|two)$/);
    }
  });

  it("is not taken where it has been changed on its way", async () => {
    const part = { crc32: "00000000", body: Buffer.from("x") };
    const error = await caught_problem(() => put_export_part(store, new_job(), 0, part, signal));
    expect(error.code).toBe("storage_refused");
  });

  it.each([
    ["PreconditionFailed", 412, "storage_refused"],
    ["ConditionalRequestConflict", 409, "storage_unavailable"],
  ])("is written under another name where its own is there: %s", async (name, status, code) => {
    const job = new_job();
    let refusals = 2;
    const seen = new Set<string>();
    const s3 = watched(store.s3, async (command, send) => {
      if (command instanceof PutObjectCommand) seen.add(command.input.Key ?? "");
      if (refusals > 0) throw refusal(name, status);
      return send();
    });
    const client = watched(s3, (_, send) => send().finally(() => (refusals -= 1)));
    const { part } = await written(job, 3, Buffer.from("x"), { ...store, s3: client });
    expect(seen.size).toBe(3);
    expect([...seen].at(-1)).toBe(export_part_key(job, part));
    refusals = 3;
    const error = await caught_problem(() => written(job, 3, Buffer.from("x"), { ...store, s3: client }));
    expect(error.code).toBe(code);
  });
});

describe("the archive of an export", () => {
  it("is joined of the parts that are named, in their order, and of no others", async () => {
    const job = new_job();
    const first = await written(job, 0, Buffer.alloc(LEAST_PART_BYTES, 1));
    await written(job, 0, Buffer.alloc(LEAST_PART_BYTES, 2));
    const last = await written(job, 1, Buffer.from("end"));
    expect(await export_size(store, job, signal)).toBeUndefined();
    await joined(job, [first, last], LEAST_PART_BYTES + 3);
    expect(await export_size(store, job, signal)).toBe(LEAST_PART_BYTES + 3);
    const answer = await fetch(await export_url(presigning, job, "photos.zip", 60));
    expect(answer.headers.get("content-type")).toBe("application/zip");
    expect(answer.headers.get("content-disposition")).toBe('attachment; filename="photos.zip"');
    const bytes = Buffer.from(await answer.arrayBuffer());
    expect(bytes.equals(Buffer.concat([Buffer.alloc(LEAST_PART_BYTES, 1), Buffer.from("end")]))).toBe(true);
    expect(await uploads_of(job)).toBe(0);
  });

  it("is not written over by a second upload", async () => {
    const job = new_job();
    await joined(job, [await written(job, 0, Buffer.from("x"))], 1);
    const second = await written(job, 0, Buffer.from("xx"));
    expect((await caught_problem(() => joined(job, [second], 2))).code).toBe("storage_refused");
    expect(await export_size(store, job, signal)).toBe(1);
  });

  it("is not made of other bytes than were recorded: object, CRC-32 and size", async () => {
    const job = new_job();
    const part = await written(job, 0, Buffer.from("x"));
    const Key = export_part_key(job, part.part);
    expect((await caught_problem(() => joined(job, [part], 2))).code).toBe("storage_refused");
    const another = { ...part, crc32: "00000000" };
    expect((await caught_problem(() => joined(job, [another], 1))).code).toBe("storage_refused");
    await put(Key, "y");
    expect((await caught_problem(() => joined(job, [part], 1))).code).toBe("storage_refused");
    await store.s3.send(new DeleteObjectCommand({ Bucket: BUCKET, Key }));
    expect((await caught_problem(() => joined(job, [part], 1))).code).toBe("storage_refused");
    expect(await export_size(store, job, signal)).toBeUndefined();
  });

  it("is not there where the upload was abandoned, whether or not S3 says so", async () => {
    const job = new_job();
    const part = await written(job, 0, Buffer.from("x"));
    const upload = await begin_archive(store, job, signal);
    await copy_part(store, job, upload, 1, part, signal);
    expect(await uploads_of(job)).toBe(1);
    await abandon_archive(store, job, upload);
    expect(await uploads_of(job)).toBe(0);
    // Once more is no harm.
    await abandon_archive(store, job, upload);
    for (const may of [true, false]) {
      may_list = may;
      expect(await export_size(store, job, signal)).toBeUndefined();
    }
    may_list = true;
  });
});
