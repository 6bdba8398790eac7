import { DeleteObjectCommand, GetObjectCommand, HeadObjectCommand } from "@aws-sdk/client-s3";
import { afterAll, describe, expect, it } from "vitest";
import { open_job_archive } from "../../jobs/job_archive.ts";
import { quarantine_key, type UploadKey } from "../../layer/upload_keys.ts";
import { caught } from "../support/caught.ts";
import { watched } from "../support/interrupted.ts";
import { mixed_entries, zip_of } from "../support/job_archive.ts";
import { BUCKET, start_photo_storage } from "../support/photo_storage.ts";
import { quarantined } from "../support/quarantined.ts";

const { store, close } = await start_photo_storage();
afterAll(close);

const { signal } = new AbortController();

describe("open_job_archive", () => {
  it("opens the version that is meant, and no other", async () => {
    const job = await quarantined(store, zip_of(mixed_entries(3)), { kind: "archive" });
    const head = new HeadObjectCommand({ Bucket: BUCKET, Key: quarantine_key(job) });
    const { ContentLength: size = 0, ETag: etag = "" } = await store.s3.send(head);
    expect((await open_job_archive(store, job, { size, etag }, signal)).entries).toHaveLength(3);
    const other = { size, etag: '"0123456789abcdef0123456789abcdef"' };
    expect(await caught(() => open_job_archive(store, job, other, signal))).toMatchObject({
      code: "read_failed",
    });
  });
});

describe("an archive that has been opened by the same worker before", () => {
  const version_of = async (job: UploadKey) => {
    const head = new HeadObjectCommand({ Bucket: BUCKET, Key: quarantine_key(job) });
    const { ContentLength: size = 0, ETag: etag = "" } = await store.s3.send(head);
    return { size, etag };
  };

  /** A worker's store, and the keys that were read by it. */
  const worker = () => {
    const read: (string | undefined)[] = [];
    const s3 = watched(store.s3, (command, send) => {
      if (command instanceof GetObjectCommand) read.push(command.input.Key);
      return send();
    });
    return { store: { ...store, s3 }, read };
  };

  it("is not read again, and a signal of that time does not matter", async () => {
    const job = await quarantined(store, zip_of(mixed_entries(30)), { kind: "archive" });
    const version = await version_of(job);
    const { store: its, read } = worker();
    const before = new AbortController();
    const first = await open_job_archive(its, job, version, before.signal);
    before.abort();
    expect(read.length).toBeGreaterThan(0);
    read.length = 0;
    const again = await open_job_archive(its, job, version, signal);
    expect(read).toEqual([]);
    expect(again.entries).toBe(first.entries);
    expect(Buffer.from(await again.source.read(0, 4, signal)).toString()).toBe("PK\u0003\u0004");
    expect(read).toEqual([quarantine_key(job)]);
    // Another worker knows nothing of it.
    const other = worker();
    await open_job_archive(other.store, job, version, signal);
    expect(other.read.length).toBeGreaterThan(0);
  });

  it("is another one where its user, its id, its bytes or its length are others", async () => {
    const bytes = zip_of(mixed_entries(3));
    const job = await quarantined(store, bytes, { kind: "archive" });
    const version = await version_of(job);
    const bobs = { ...job, user: "bob" };
    const second = await quarantined(store, bytes, { kind: "archive" });
    const { store: its, read: reads_of_its } = worker();
    await open_job_archive(its, job, version, signal);
    // Nothing is there for bob, whose key it is but for his name.
    expect(await caught(() => open_job_archive(its, bobs, version, signal))).toMatchObject({
      code: "read_failed",
    });
    expect(reads_of_its.length).toBeGreaterThan(0);
    // Memory that it would have held meanwhile has been given back.
    reads_of_its.length = 0;
    await open_job_archive(its, job, version, signal);
    expect(reads_of_its.length).toBeGreaterThan(0);
    const { read, store: counted } = worker();
    await open_job_archive(counted, job, version, signal);
    read.length = 0;
    await open_job_archive(counted, second, version, signal);
    expect(new Set(read)).toEqual(new Set([quarantine_key(second)]));
    // Only the last one is kept.
    read.length = 0;
    await open_job_archive(counted, job, version, signal);
    expect(new Set(read)).toEqual(new Set([quarantine_key(job)]));
    await quarantined(store, zip_of(mixed_entries(4)), { ...job, kind: "archive" });
    const replaced = await version_of(job);
    expect((await open_job_archive(counted, job, replaced, signal)).entries).toHaveLength(4);
    for (const wrong of [
      { ...replaced, etag: version.etag },
      { ...replaced, size: replaced.size - 1 },
    ]) {
      await open_job_archive(counted, job, replaced, signal);
      expect(await caught(() => open_job_archive(counted, job, wrong, signal))).toBeInstanceOf(Error);
    }
  });

  it("has entries that cannot be read where it has gone since", async () => {
    const job = await quarantined(store, zip_of(mixed_entries(3)), { kind: "archive" });
    const version = await version_of(job);
    const { store: its } = worker();
    await open_job_archive(its, job, version, signal);
    await store.s3.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: quarantine_key(job) }));
    const archive = await open_job_archive(its, job, version, signal);
    expect(await caught(() => archive.source.read(0, 4, signal))).toMatchObject({ code: "read_failed" });
  });
});
