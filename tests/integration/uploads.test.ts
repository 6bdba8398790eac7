/** Files of any size, sent to S3 itself: requested, sent whole or in parts, completed, refused, cancelled, or left alone. */
import { crc32 } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { is_upload_id, new_upload_id } from "../../layer/upload_keys.ts";
import { complete_upload_response } from "../../schemas/complete_upload.ts";
import { request_upload_response } from "../../schemas/request_upload.ts";
import { upload_parts_response } from "../../schemas/upload_parts.ts";
import { upload_ids } from "../../storage/upload_id.ts";
import { build_zip } from "../archive/zip_builder.ts";
import { fixture_photo, jpeg_of, tiny_png } from "../support/fixture_photos.ts";
import { s3_code, send_form, send_part } from "../support/uploads.ts";
import {
  type Answer,
  comparable,
  expect_gateway_answer,
  file_form,
  read,
  read_problem,
  send,
  text_of,
} from "./client.ts";
import { queues_are_empty } from "./queues.ts";
import { new_session, type Session } from "./session.ts";
import { crashes, start_test_stack, type TestStack, written_by } from "./stack.ts";
import { type Storage, storage_of } from "./storage.ts";

let stack: TestStack;
let storage: Storage;
let ann: Session;
let bob: Session;
beforeAll(async () => {
  stack = await start_test_stack();
  storage = storage_of(stack);
  [ann, bob] = await Promise.all([new_session(stack, "ann"), new_session(stack, "bob")]);
});
afterAll(async () => {
  storage.close();
  await stack.close();
});

const large = jpeg_of(12_000_000);
const PART = 8 * 1024 * 1024;

const declared = (bytes: Uint8Array, more: object = {}): object => ({
  name: "beach.jpg",
  size: bytes.byteLength,
  contentType: "image/jpeg",
  kind: "photo",
  ...more,
});

const ARCHIVE = { name: "trip.zip", contentType: "application/zip", kind: "archive" };

async function requested(session: Session, body: object) {
  return read(await session.json("/request_upload", body), 201, request_upload_response);
}

async function form_for(session: Session, bytes: Uint8Array, more: object = {}) {
  const answer = await requested(session, declared(bytes, more));
  if (answer.method !== "POST") throw new Error("This is no form.");
  return answer;
}

/** Sends a file by its form; the id of the upload. */
async function sent(session: Session, bytes: Uint8Array, more: object = {}): Promise<string> {
  const form = await form_for(session, bytes, more);
  expect((await send_form(form, bytes)).status).toBe(204);
  return form.uploadId;
}

const complete = (session: Session, uploadId: string): Promise<Answer> =>
  session.json("/complete_upload", { uploadId });

/** The queue may have been quicker than the client; then it is not the first to know. */
async function photo_of(answer: Answer) {
  const status = answer.status === 201 ? 201 : 200;
  const completed = read(answer, status, complete_upload_response);
  if (!("filename" in completed)) throw new Error("This is no photo.");
  return completed;
}

/** Where the bytes are, as a browser gets them. */
async function downloaded(session: Session, filename: string): Promise<Buffer> {
  const answer = await session.download(filename);
  if (answer.status === 303) return (await send(answer.headers.get("location") ?? "")).bytes;
  return answer.bytes;
}

const own_keys = ({ sub }: Session): Promise<string[]> => storage.keys(`${sub}/`);

describe("a photo of 12 MB", () => {
  it("is too much for the gateway, and goes to S3 by a form", async () => {
    const direct = await ann.post("/upload_single_photo", file_form("file", large, "beach.jpg"));
    expect_gateway_answer(direct, 413, "Request Too Long");

    const checksum = crc32(large).toString(16).padStart(8, "0");
    const uploadId = await sent(ann, large, { crc32: checksum });
    const photo = await photo_of(await complete(ann, uploadId));
    expect(photo).toMatchObject({ size: large.byteLength, contentType: "image/jpeg" });
    expect((await downloaded(ann, photo.filename)).equals(large)).toBe(true);
    expect((await ann.list_all()).map(({ filename }) => filename)).toContain(photo.filename);
    expect(await photo_of(await complete(ann, uploadId))).toEqual(photo);
  });

  it("goes in parts, of which those are sent again that a crash has cost", async () => {
    const { uploadId, ...parted } = await requested(bob, declared(large, { multipart: true }));
    expect(parted).toMatchObject({ method: "PUT", partSize: PART, parts: 2 });
    const asked = async (sign?: number[]) =>
      read(await bob.json("/upload_parts", { uploadId, sign }), 200, upload_parts_response);
    const first = await asked([1, 2]);
    expect((await send_part(first.urls[2] ?? "", large.subarray(PART))).status).toBe(200);

    // All that a client has to keep through a crash is the id.
    const { parts } = await asked();
    expect(parts.map(({ PartNumber, Size }) => [PartNumber, Size])).toEqual([[2, large.byteLength - PART]]);
    read_problem(await complete(bob, uploadId), 409, "upload_incomplete");
    const { urls } = await asked([1]);
    expect((await send_part(urls[1] ?? "", large.subarray(0, PART))).status).toBe(200);
    const photo = await photo_of(await complete(bob, uploadId));
    expect((await downloaded(bob, photo.filename)).equals(large)).toBe(true);
    read_problem(await bob.json("/upload_parts", { uploadId }), 404, "upload_not_found");
    expect(await storage.unfinished()).toEqual([]);
  });
});

describe("a client that never asks", () => {
  it("finds its photo all the same, since S3 tells the queue", async () => {
    const session = await new_session(stack, "silent");
    const bytes = await fixture_photo("android_single.heic");
    await sent(session, bytes, { name: "IMG_0001.HEIC", contentType: "" });
    await queues_are_empty(stack);
    const [photo] = (await session.list()).photos;
    expect(photo).toMatchObject({ name: "IMG_0001.HEIC", size: bytes.byteLength });
    expect((await downloaded(session, photo?.filename ?? "")).equals(bytes)).toBe(true);
  });

  it("has the parts left alone that it never has joined", async () => {
    const { uploadId } = await requested(ann, declared(large, { multipart: true }));
    const { urls } = read(
      await ann.json("/upload_parts", { uploadId, sign: [2] }),
      200,
      upload_parts_response,
    );
    await send_part(urls[2] ?? "", large.subarray(PART));
    expect(await storage.unfinished()).toHaveLength(1);
    expect((await ann.json("/cancel_upload", { uploadId })).status).toBe(204);
    expect(await storage.unfinished()).toEqual([]);
  });
});

describe("what is not what it was declared as", () => {
  it.each([
    ["a byte more", () => Buffer.concat([tiny_png(), Buffer.of(0)]), {}, 400, "EntityTooLarge"],
    ["a byte fewer", () => tiny_png().subarray(1), {}, 400, "EntityTooSmall"],
    ["another type", tiny_png, { "Content-Type": "text/html" }, 403, "AccessDenied"],
    ["another user's place", tiny_png, { key: `.quarantine/eve/${new_upload_id()}` }, 403, "AccessDenied"],
    ["a photo's place", tiny_png, { key: "eve/20261123T101530123Z_beach.jpg" }, 403, "AccessDenied"],
    ["other bytes", () => tiny_png().reverse(), {}, 400, "BadDigest"],
  ] as const)("%s: S3 refuses it, and it has not arrived", async (_, bytes, changed, status, code) => {
    const checksum = crc32(tiny_png()).toString(16).padStart(8, "0");
    const form = await form_for(ann, tiny_png(), { contentType: "image/png", crc32: checksum });
    const refused = await send_form(form, bytes(), changed);
    expect([refused.status, await s3_code(refused)]).toEqual([status, code]);
    read_problem(await complete(ann, form.uploadId), 409, "upload_incomplete");
  });

  it.each([
    ["a text as a photo", Buffer.from("Dear diary"), {}, "not_an_image"],
    ["an archive as a photo", build_zip({ entries: [{ name: "a.jpg" }] }), {}, "not_an_image"],
    ["a photo as an archive", tiny_png(), ARCHIVE, "not_an_archive"],
  ])(
    "%s is refused with the reason, each time that it is asked, and not kept",
    async (_, bytes, more, reason) => {
      const before = await own_keys(ann);
      const uploadId = await sent(ann, bytes, more);
      for (let time = 0; time < 2; time += 1) {
        expect(read_problem(await complete(ann, uploadId), 422, "upload_refused").reason).toBe(reason);
      }
      expect(await own_keys(ann)).toEqual(before);
      await queues_are_empty(stack);
      expect(await storage.keys(`.quarantine/${ann.sub}/`)).toEqual([]);
    },
  );

  it("by its size or its type is refused before it is sent", async () => {
    const body = declared(tiny_png());
    const too_large = read_problem(
      await ann.json("/request_upload", { ...body, size: 200_000_001 }),
      413,
      "file_too_large",
      "size",
    );
    expect(too_large.detail).toContain("200000000");
    read_problem(
      await ann.json("/request_upload", { ...body, ...ARCHIVE, size: 5 * 1024 ** 3 + 1 }),
      413,
      "file_too_large",
      "size",
    );
    read_problem(
      await ann.json("/request_upload", { ...body, contentType: "image/svg+xml" }),
      422,
      "type_not_accepted",
      "contentType",
    );
    read_problem(
      await ann.json("/request_upload", { ...body, kind: "film" }),
      400,
      "invalid_request",
      "kind",
    );
    read_problem(await ann.json("/request_upload", {}), 400, "invalid_request", "name");
  });
});

describe("an archive", () => {
  it("has a job, the same one each time that it is completed", async () => {
    const zip = build_zip({ entries: [{ name: "a.jpg", data: jpeg_of(2_000) }] });
    const uploadId = await sent(ann, zip, ARCHIVE);
    const jobs = [await complete(ann, uploadId), await complete(ann, uploadId)].map((answer) =>
      read(answer, 202, complete_upload_response),
    );
    const [job] = jobs;
    expect(jobs).toEqual([job, job]);
    expect(is_upload_id(job && "jobId" in job ? job.jobId : "")).toBe(true);
  });
});

const WITH_AN_ID = ["/upload_parts", "/complete_upload", "/cancel_upload"];

describe("the id of an upload", () => {
  it.each(WITH_AN_ID)(
    "is, for %s, the same 404 if it is another's, has expired or is made up",
    async (path) => {
      const { uploadId } = await requested(ann, declared(large, { multipart: true }));
      const key = stack.data_dir.secret("cursor_key");
      const past = new Date(Date.now() - 1_000);
      const upload = { id: new_upload_id(), kind: "photo", size: 5 } as const;
      const expired = upload_ids(key).seal(ann.sub, upload, past);
      const unknown = upload_ids("another key ".repeat(4)).seal(ann.sub, upload, new Date(Date.now() + 1e6));
      const answers = [
        await bob.json(path, { uploadId }),
        await ann.json(path, { uploadId: expired }),
        await ann.json(path, { uploadId: unknown }),
        await ann.json(path, { uploadId: new_upload_id() }),
        await ann.json(path, { uploadId: `${uploadId}A` }),
        await ann.json(path, { uploadId: "../../x" }),
      ];
      for (const answer of answers) {
        read_problem(answer, 404, "upload_not_found");
        expect(comparable(answer)).toEqual(comparable(answers[0] ?? answer));
        expect(text_of(answer)).not.toContain(ann.sub);
      }
      // It is still what it was.
      expect((await ann.json("/cancel_upload", { uploadId })).status).toBe(204);
    },
  );

  it.each(WITH_AN_ID)("is, for %s, a text that is there", async (path) => {
    for (const uploadId of [undefined, "", 7, ["x"], "x".repeat(2_049)]) {
      read_problem(await ann.json(path, { uploadId }), 400, "invalid_request", "uploadId");
    }
  });
});

describe("uploads at the same time", () => {
  it("of two users do not mix, and each makes one photo", async () => {
    const users = await Promise.all([new_session(stack, "left"), new_session(stack, "right")]);
    const photos = Array.from({ length: 10 }, (_, index) => jpeg_of(1_000 + index));
    const made = users.map((session, user) =>
      Promise.all(
        photos.map(async (bytes, index) => {
          const own = Buffer.concat([bytes, Buffer.of(user)]);
          const uploadId = await sent(session, own, { name: `${index}.jpg` });
          return { own, photo: await photo_of(await complete(session, uploadId)) };
        }),
      ),
    );
    for (const [user, of_user] of (await Promise.all(made)).entries()) {
      const session = users[user] ?? ann;
      const filenames = of_user.map(({ photo }) => photo.filename);
      expect((await own_keys(session)).toSorted()).toEqual(
        filenames.map((filename) => `${session.sub}/${filename}`).toSorted(),
      );
      for (const { own, photo } of of_user) {
        expect((await downloaded(session, photo.filename)).equals(own)).toBe(true);
      }
    }
  });
});

it("nothing has ended a sandbox, and no log names a file or an id", () => {
  expect(crashes(stack)).toEqual([]);
  const functions = Object.keys(stack.functions).map((name) => written_by(stack, name));
  expect(functions.join("\n")).toContain("upload admitted");
  expect(functions.join("\n")).not.toMatch(/beach|IMG_0001|\.quarantine/);
});
