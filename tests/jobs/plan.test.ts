import { afterAll, describe, expect, it } from "vitest";
import { is_archive_gone, make_plan, read_plan, settle_plan } from "../../jobs/plan.ts";
import { new_upload_id } from "../../layer/upload_keys.ts";
import { build_zip } from "../archive/zip_builder.ts";
import { caught } from "../support/caught.ts";
import { jpeg_of } from "../support/fixture_photos.ts";
import { watched } from "../support/interrupted.ts";
import { mixed_entries, zip_of } from "../support/job_archive.ts";
import { BUCKET, client_for, start_photo_storage } from "../support/photo_storage.ts";
import { quarantined } from "../support/quarantined.ts";
import { quiet } from "../support/quiet.ts";
import { s3_error, scripted_server } from "../support/scripted_server.ts";

const { store, close } = await start_photo_storage({ may_list: () => false });
quiet();
afterAll(close);

const { signal } = new AbortController();
const planned = async (bytes: Uint8Array) =>
  make_plan(store, await quarantined(store, bytes, { kind: "archive" }), signal);

describe("a plan", () => {
  it("has what there is to do", async () => {
    const entries = mixed_entries(60);
    const bytes = zip_of(entries);
    const plan = await planned(bytes);
    expect(plan).toMatchObject({
      archive: { size: bytes.byteLength },
      entries: 60,
      shards: [
        { first: 0, entries: 25 },
        { first: 25, entries: 25 },
        { first: 50, entries: 10 },
      ],
    });
    const extractable = entries.filter(({ outcome }) => outcome !== "unsafe_path");
    const total = extractable.reduce((sum, { parts }) => sum + (parts.data?.byteLength ?? 0), 0);
    expect("bytes" in plan && plan.bytes).toBe(total);
    expect("bytes" in plan && plan.shards.reduce((sum, shard) => sum + shard.bytes, 0)).toBe(total);
  });

  it("is made with four requests, whatever the number of entries, of which there may be more than in a form", async () => {
    const data = jpeg_of(100);
    const entries = Array.from({ length: 5_000 }, (_, index) => ({ name: `${index}.jpg`, data, method: 0 }));
    const job = await quarantined(store, build_zip({ entries }), { kind: "archive" });
    let requests = 0;
    const s3 = watched(store.s3, (_, send) => {
      requests += 1;
      return send();
    });
    const plan = await make_plan({ ...store, s3 }, job, signal);
    expect(plan).toMatchObject({ entries: 5_000, bytes: 500_000 });
    expect("shards" in plan && plan.shards).toHaveLength(16);
    expect(JSON.stringify(plan).length).toBeLessThan(2_000);
    expect(requests).toBeLessThanOrEqual(4);
  });

  const two = build_zip({ entries: [{ name: "a", data: jpeg_of(99) }, { name: "b" }] });
  it.each([
    ["is no archive", Buffer.from("Dear diary, this is no archive."), "not_a_zip"],
    ["is empty", build_zip({ entries: [] }), "empty_archive"],
    ["is cut", two.subarray(0, 100), "truncated"],
    [
      "claims more than it has",
      build_zip({ entries: [], end: { count: 60_000, disk_count: 60_000 } }),
      "bad_end_record",
    ],
  ])("is a refusal where the file %s", async (_, bytes, refused) => {
    expect(await planned(bytes)).toEqual({ refused });
  });

  it("is a refusal where there is no file", async () => {
    const job = { user: "ann", id: new_upload_id() };
    expect(await make_plan(store, job, signal)).toEqual({ refused: "archive_missing" });
  });

  it.each([1, 2])("is none while S3 does not answer, from request %i on", async (from) => {
    let requests = 0;
    const bytes = zip_of(mixed_entries(3));
    const server = await scripted_server(() => s3_error(503, "SlowDown"));
    const failing = client_for(server.url, { maxAttempts: 1 });
    const job = await quarantined(store, bytes, { kind: "archive" });
    const s3 = watched(store.s3, (command, send) => {
      requests += 1;
      return requests < from ? send() : failing.send(command);
    });
    expect(await caught(() => make_plan({ s3, bucket: BUCKET }, job, signal))).toBeInstanceOf(Error);
    failing.destroy();
    await server.close();
  });

  it("is that of the first who settles it", async () => {
    const job = { user: "ann", id: new_upload_id() };
    expect(await read_plan(store, job, signal)).toBeUndefined();
    const plan = { archive: { size: 1, etag: "e" }, entries: 0, bytes: 0, shards: [] };
    expect(await settle_plan(store, job, plan, signal)).toEqual(plan);
    expect(await settle_plan(store, job, { refused: "not_a_zip" }, signal)).toEqual(plan);
    expect(await read_plan(store, job, signal)).toEqual(plan);
  });
});

describe("is_archive_gone", () => {
  it("tells whether the very bytes are there that were planned", async () => {
    const job = await quarantined(store, zip_of(mixed_entries(3)), { kind: "archive" });
    const plan = await make_plan(store, job, signal);
    if ("refused" in plan) throw new Error("The archive was refused.");
    expect(await is_archive_gone(store, job, plan, signal)).toBe(false);
    await quarantined(store, zip_of(mixed_entries(4)), { ...job, kind: "archive" });
    expect(await is_archive_gone(store, job, plan, signal)).toBe(true);
    expect(await is_archive_gone(store, { ...job, id: new_upload_id() }, plan, signal)).toBe(true);
  });
});
