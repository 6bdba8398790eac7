/** The same photo sent twice by one user: one photo, whichever way it comes, and however often at once. */
import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checksum_key } from "../../layer/checksum_keys.ts";
import { sha256_of } from "../../layer/sha256.ts";
import { check_response } from "../../schemas/check.ts";
import { complete_upload_response } from "../../schemas/complete_upload.ts";
import { job_response } from "../../schemas/job.ts";
import { request_upload_response } from "../../schemas/request_upload.ts";
import { unzip_response } from "../../schemas/unzip.ts";
import { upload_single_photo_response } from "../../schemas/upload_single_photo.ts";
import { build_zip } from "../archive/zip_builder.ts";
import { jpeg_of } from "../support/fixture_photos.ts";
import { send_form } from "../support/uploads.ts";
import { type Answer, file_form, read, read_problem } from "./client.ts";
import { queues_are_empty } from "./queues.ts";
import { new_session, type Session, sign_in } from "./session.ts";
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

/** What an answer says of a photo. */
interface Told {
  readonly filename: string;
  readonly duplicate?: true | undefined;
}

async function sent_directly(session: Session, bytes: Uint8Array, name = "direct.jpg") {
  const answer = await session.post("/upload_single_photo", file_form("file", bytes, name));
  const photo = read(answer, answer.status === 200 ? 200 : 201, upload_single_photo_response);
  expect(answer.status).toBe(photo.duplicate ? 200 : 201);
  return photo;
}

async function sent_in_archive(session: Session, bytes: Buffer, copies = 1): Promise<Told[]> {
  const entries = Array.from({ length: copies }, (_, index) => ({ name: `${index}/entry.jpg`, data: bytes }));
  const archive = file_form("archive", build_zip({ entries }), "photos.zip", "application/zip");
  const { uploaded } = read(await session.post("/unzip", archive), 200, unzip_response);
  expect(uploaded).toHaveLength(copies);
  return uploaded;
}

/** By a form; the id of the upload. */
async function sent_by_form(session: Session, bytes: Buffer, more: object = {}): Promise<string> {
  const declared = { name: "formed.jpg", size: bytes.byteLength, contentType: "image/jpeg", kind: "photo" };
  const body = { ...declared, ...more };
  const form = read(await session.json("/request_upload", body), 201, request_upload_response);
  if (form.method !== "POST") throw new Error("This is no form.");
  expect((await send_form(form, bytes)).status).toBe(204);
  return form.uploadId;
}

const complete = (session: Session, uploadId: string): Promise<Answer> =>
  session.json("/complete_upload", { uploadId });

async function sent_to_s3(session: Session, bytes: Buffer): Promise<Told> {
  const answer = await complete(session, await sent_by_form(session, bytes));
  const told = read(answer, answer.status === 201 ? 201 : 200, complete_upload_response);
  if (!("filename" in told)) throw new Error("This is no photo.");
  if (told.duplicate) expect(answer.status).toBe(200);
  return told;
}

/** As an archive that workers extract; what has become of its entries. */
async function extracted(session: Session, zip: Buffer): Promise<Told[]> {
  const uploadId = await sent_by_form(session, zip, { contentType: "application/zip", kind: "archive" });
  const started = read(await complete(session, uploadId), 202, complete_upload_response);
  await queues_are_empty(stack);
  if (!("jobId" in started)) throw new Error("This is no archive.");
  const told: Told[] = [];
  for (let cursor: string | undefined; ; ) {
    const body = { ...started, ...(cursor && { cursor }) };
    const { state, outcomes, ...page } = read(await session.json("/job", body), 200, job_response);
    expect(state).toBe("done");
    told.push(...outcomes.flatMap((one) => (one.outcome === "uploaded" ? [one] : [])));
    cursor = page.cursor;
    if (cursor === undefined) return told;
  }
}

const filenames = async (session: Session): Promise<string[]> =>
  (await session.list_all()).map(({ filename }) => filename);

const checked = async (session: Session, ...photos: Buffer[]) => {
  const asked = photos.map((bytes, index) => ({
    name: `${index}.jpg`,
    size: bytes.byteLength,
    checksum: sha256_of(bytes),
  }));
  return read(await session.json("/check", { photos: asked }), 200, check_response).photos;
};

describe("the same photo", () => {
  it("is the one that is there, whichever way it comes again", async () => {
    const session = await new_session(stack, "again");
    const photo = jpeg_of(4_000, 1);
    const first = await sent_directly(session, photo, "first.jpg");
    expect(first).not.toHaveProperty("duplicate");
    expect(await sent_directly(session, photo, "second.jpg")).toEqual({ ...first, duplicate: true });
    const known = { filename: first.filename, size: 4_000, contentType: "image/jpeg", duplicate: true };
    expect(await sent_in_archive(session, photo)).toMatchObject([known]);
    expect(await sent_to_s3(session, photo)).toEqual(known);
    expect(await extracted(session, build_zip({ entries: [{ name: "a.jpg", data: photo }] }))).toMatchObject([
      known,
    ]);
    expect(await filenames(session)).toEqual([first.filename]);
    expect(await storage.keys(`${session.sub}/`)).toHaveLength(1);
  });

  it("sent 50 times at once, in every way, is one photo, of which one is told that it is new", async () => {
    const session = await new_session(stack, "fifty");
    const photo = jpeg_of(5_000, 2);
    const ways = [
      async () => [await sent_directly(session, photo)],
      () => sent_in_archive(session, photo),
      async () => [await sent_to_s3(session, photo)],
    ];
    const sending = Array.from({ length: 50 }, (_, index) => ways[index % ways.length]?.() ?? []);
    const told = (await Promise.all(sending)).flat();
    expect(told).toHaveLength(50);
    expect(told.filter(({ duplicate }) => !duplicate).length).toBeLessThanOrEqual(1);
    const [filename = "", ...more] = await filenames(session);
    expect(more).toEqual([]);
    expect(new Set(told.map((one) => one.filename))).toEqual(new Set([filename]));
    expect((await session.download(filename)).bytes.equals(photo)).toBe(true);
    await queues_are_empty(stack);
    expect(await storage.keys(`${session.sub}/`)).toEqual([`${session.sub}/${filename}`]);
  });

  it("sent 50 times at once by /upload_single_photo is one 201 and 49 times 200", async () => {
    const session = await new_session(stack, "direct");
    const photo = jpeg_of(5_000, 3);
    const told = await Promise.all(Array.from({ length: 50 }, () => sent_directly(session, photo)));
    expect(told.filter(({ duplicate }) => !duplicate)).toHaveLength(1);
    expect(await filenames(session)).toEqual([told[0]?.filename]);
  });

  it("twelve times in one archive is one photo, and twelve outcomes; a large one, too", async () => {
    const session = await new_session(stack, "twelve");
    const told = await sent_in_archive(session, jpeg_of(3_000, 4), 12);
    expect(told.filter(({ duplicate }) => !duplicate)).toHaveLength(1);
    // Over 8 MiB inflated, which is read twice.
    const large = Buffer.concat([jpeg_of(100), randomBytes(9_000_000)]);
    const entries = ["a.jpg", "b.jpg", "c.jpg"].map((name) => ({ name, data: large }));
    const outcomes = await extracted(session, build_zip({ entries }));
    expect(outcomes.map(({ duplicate = false }) => duplicate).toSorted()).toEqual([false, true, true]);
    expect(await filenames(session)).toHaveLength(2);
    const [largest = ""] = outcomes.map(({ filename }) => filename);
    expect(await storage.metadata(`${session.sub}/${largest}`)).toMatchObject({ sha256: sha256_of(large) });
  });

  it("in an archive that is sent twice costs a refused claim, and two questions, and no bytes", async () => {
    const session = await new_session(stack, "archive");
    const entries = Array.from({ length: 20 }, (_, index) => ({
      name: `${index}.jpg`,
      data: jpeg_of(3_000, 100 + index),
    }));
    const first = await extracted(session, build_zip({ entries }));
    expect(first.every(({ duplicate }) => duplicate === undefined)).toBe(true);
    const before = stack.calls.length;
    const again = await extracted(session, build_zip({ entries }));
    expect(again.map(({ filename }) => filename)).toEqual(first.map(({ filename }) => filename));
    expect(again.every(({ duplicate }) => duplicate)).toBe(true);
    const calls = stack.calls.slice(before).filter(({ caller }) => caller === "extract");
    const own = (prefix: string) =>
      calls.filter(({ key }) => key.startsWith(`${prefix}${session.sub}/`)).map(({ operation }) => operation);
    expect(own(".checksums/").toSorted()).toEqual([
      ...Array(20).fill("GetObject"),
      ...Array(20).fill("PutObject"),
    ]);
    expect(own("")).toEqual(Array(20).fill("HeadObject"));
  });

  it("of another user is another photo, of which nobody else learns", async () => {
    const [left, right] = await Promise.all([new_session(stack, "left"), new_session(stack, "right")]);
    const photo = jpeg_of(3_000, 5);
    expect(await sent_directly(left, photo)).not.toHaveProperty("duplicate");
    expect((await checked(right, photo))[0]).not.toHaveProperty("duplicate");
    expect(await sent_directly(right, photo)).not.toHaveProperty("duplicate");
    expect(await filenames(left)).toHaveLength(1);
    expect(await filenames(right)).toHaveLength(1);
  });

  it("is stored again once it has been deleted", async () => {
    const session = await new_session(stack, "deleting");
    const photo = jpeg_of(3_000, 6);
    const { filename } = await sent_directly(session, photo);
    expect((await session.delete(filename)).status).toBe(200);
    expect((await checked(session, photo))[0]).not.toHaveProperty("duplicate");
    expect(await sent_directly(session, photo)).not.toHaveProperty("duplicate");
    expect(await filenames(session)).toHaveLength(1);
    expect(await sent_directly(session, photo)).toHaveProperty("duplicate", true);
  });
});

describe("POST /check", () => {
  it("says of each photo whether it is there, in the order of the request", async () => {
    const session = await new_session(stack, "checking");
    const [there, missing, another] = [jpeg_of(3_000, 7), jpeg_of(3_000, 8), jpeg_of(3_000, 9)];
    const { filename } = await sent_directly(session, there);
    await sent_in_archive(session, another);
    const answer = await checked(session, missing, there, another);
    expect(answer.map(({ name, duplicate }) => [name, duplicate])).toEqual([
      ["0.jpg", undefined],
      ["1.jpg", true],
      ["2.jpg", true],
    ]);
    expect(answer[1]).toMatchObject({ filename, size: 3_000, checksum: sha256_of(there) });
    expect(answer[0]).not.toHaveProperty("filename");
  });

  it("knows none of another size, and 250 at once", async () => {
    const session = await new_session(stack, "many");
    const photo = jpeg_of(3_000, 10);
    await sent_directly(session, photo);
    const one = { name: "a.jpg", size: 3_001, checksum: sha256_of(photo) };
    const photos = [...Array(249).fill(one), { ...one, size: 3_000 }];
    const answer = read(await session.json("/check", { photos }), 200, check_response);
    expect(answer.photos.map(({ duplicate }) => duplicate)).toEqual([...Array(249).fill(undefined), true]);
  });

  it.each([
    ["no photos", { photos: [] }],
    ["too many", { photos: Array(251).fill({ name: "a", size: 1, checksum: "0".repeat(64) }) }],
    ["a checksum in capitals", { photos: [{ name: "a", size: 1, checksum: "A".repeat(64) }] }],
    ["a path for a checksum", { photos: [{ name: "a", size: 1, checksum: `../${"0".repeat(61)}` }] }],
  ])("refuses %s", async (_, body) => {
    read_problem(await (await sign_in(stack)).json("/check", body), 400, "invalid_request");
  });
});

describe("with the detection switched off", () => {
  it("every photo is stored, nothing is claimed, and nothing is known", async () => {
    const off = await start_test_stack({ config: { detect_duplicates: false } });
    try {
      const session = await new_session(off, "off");
      const photo = jpeg_of(3_000, 11);
      await Promise.all([sent_directly(session, photo), sent_in_archive(session, photo, 2)]);
      expect(await filenames(session)).toHaveLength(3);
      expect((await checked(session, photo))[0]).not.toHaveProperty("duplicate");
      const asked = off.calls.filter(({ service }) => service === "s3").map(({ operation }) => operation);
      expect(new Set(asked)).toEqual(new Set(["PutObject", "ListObjectsV2"]));
      expect(off.calls.some(({ key }) => key === checksum_key(session.sub, sha256_of(photo)))).toBe(false);
      expect(off.calls.some(({ caller }) => caller === "check")).toBe(false);
    } finally {
      await off.close();
    }
  });
});

describe("the functions", () => {
  it("end no sandbox", () => {
    expect(crashes(stack)).toEqual([]);
  });
});
