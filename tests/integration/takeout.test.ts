/** Archives of Google Takeout: photos have the date of their sidecars, which are named as what they are. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { complete_upload_response } from "../../schemas/complete_upload.ts";
import { job_response } from "../../schemas/job.ts";
import { request_upload_response } from "../../schemas/request_upload.ts";
import { build_zip } from "../archive/zip_builder.ts";
import { many_photos, type TakeoutEntry, takeout_entries } from "../support/takeout_archive.ts";
import { send_form } from "../support/uploads.ts";
import { read } from "./client.ts";
import { queues_are_empty } from "./queues.ts";
import { new_session, type Session } from "./session.ts";
import { crashes, start_test_stack, type TestStack } from "./stack.ts";
import { type Storage, storage_of } from "./storage.ts";

let stack: TestStack;
let storage: Storage;
beforeAll(async () => {
  stack = await start_test_stack();
  storage = storage_of(stack);
});
afterAll(async () => {
  storage.close();
  await stack.close();
});

const zip_of = (entries: readonly TakeoutEntry[]): Buffer =>
  build_zip({ entries: entries.map(({ parts }) => parts) });

/** By path: `uploaded` and the `taken-at` in S3, or the reason why not. */
type Told = Record<string, readonly [outcome: string, taken_at?: string | undefined]>;

const wanted = (entries: readonly TakeoutEntry[]): Told =>
  Object.fromEntries(
    entries.map(({ parts, outcome, taken_at }) => [
      parts.name,
      outcome === "uploaded" ? [outcome, taken_at] : [outcome],
    ]),
  );

const stored = async ({ sub }: Session, filename: string) =>
  ["uploaded", (await storage.metadata(`${sub}/${filename}`))?.["taken-at"]] as const;

async function unzipped(session: Session, archive: Buffer): Promise<Told> {
  const { uploaded, skipped, failed } = await session.unzip(archive);
  const told: Told = {};
  for (const { name, filename } of uploaded) told[name] = await stored(session, filename);
  for (const { name, reason } of [...skipped, ...failed]) told[name] = [reason];
  return told;
}

/** By the workers; and in how many shards. */
async function extracted(session: Session, archive: Buffer): Promise<{ told: Told; shards: number }> {
  const declared = { name: "takeout.zip", contentType: "application/zip", kind: "archive" };
  const body = { ...declared, size: archive.byteLength };
  const form = read(await session.json("/request_upload", body), 201, request_upload_response);
  if (form.method !== "POST") throw new Error("This is no form.");
  expect((await send_form(form, archive)).status).toBe(204);
  const { uploadId } = form;
  const started = read(await session.json("/complete_upload", { uploadId }), 202, complete_upload_response);
  await queues_are_empty(stack);
  if (!("jobId" in started)) throw new Error("This is no archive.");
  const told: Told = {};
  let shards = 0;
  for (let cursor: string | undefined; ; ) {
    const asked = { ...started, ...(cursor && { cursor }) };
    const { state, outcomes, ...page } = read(await session.json("/job", asked), 200, job_response);
    expect(state).toBe("done");
    for (const one of outcomes) {
      told[one.name] = one.outcome === "uploaded" ? await stored(session, one.filename) : [one.reason];
    }
    cursor = page.cursor;
    if (cursor === undefined) break;
    shards += 1;
  }
  return { told, shards };
}

describe("an archive of Google Takeout", () => {
  it("gives its photos the dates of their sidecars, at once", async () => {
    const session = await new_session(stack, "takeout-direct");
    const entries = await takeout_entries();
    expect(await unzipped(session, zip_of(entries))).toEqual(wanted(entries));
  });

  it("gives its photos the dates of their sidecars, by the workers", async () => {
    const session = await new_session(stack, "takeout-job");
    const entries = await takeout_entries();
    const { told } = await extracted(session, zip_of(entries));
    expect(told).toEqual(wanted(entries));
  });

  it("has dates from sidecars that other workers extract", async () => {
    const session = await new_session(stack, "takeout-shards");
    const entries = many_photos(60, "apart");
    const { told, shards } = await extracted(session, zip_of(entries));
    expect(shards).toBeGreaterThan(1);
    expect(told).toEqual(wanted(entries));
  });

  it("has left nothing half-done, and no crash", async () => {
    expect(await storage.unfinished()).toEqual([]);
    expect(crashes(stack)).toEqual([]);
  });
});
