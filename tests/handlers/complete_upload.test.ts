import { GetObjectCommand, HeadObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { afterAll, describe, expect, it } from "vitest";
import { photo_key } from "../../layer/photo_keys.ts";
import { sha256_of } from "../../layer/sha256.ts";
import { outcome_key, plan_task_key, quarantine_key, upload_time } from "../../layer/upload_keys.ts";
import type { HttpAnswer } from "../../middleware/reply.ts";
import { complete_upload_response } from "../../schemas/complete_upload.ts";
import { request_upload_response } from "../../schemas/request_upload.ts";
import { type Upload, upload_ids } from "../../storage/upload_id.ts";
import { build_zip } from "../archive/zip_builder.ts";
import { read_answer, read_problem } from "../support/answers.ts";
import { jpeg_of, tiny_png } from "../support/fixture_photos.ts";
import { json_event, lambda_context } from "../support/http_event.ts";
import { BUCKET, function_environment, start_photo_storage } from "../support/photo_storage.ts";
import { quiet } from "../support/quiet.ts";
import { send_form } from "../support/uploads.ts";

const { url, store, keys, close } = await start_photo_storage({ may_list: () => false });
const environment = function_environment(url);
Object.assign(process.env, environment);
const { handler: request } = await import("../../handlers/request_upload.ts");
const { handler: complete } = await import("../../handlers/complete_upload.ts");

quiet();
afterAll(close);

const { open, seal } = upload_ids(environment.CURSOR_KEY ?? "");

const bytes = jpeg_of(70_000);
const zip = build_zip({ entries: [{ name: "a.jpg", data: jpeg_of(300) }] });

interface Requested {
  readonly uploadId: string;
  readonly upload: Upload & { readonly user: string };
  readonly send: (bytes: Uint8Array) => Promise<Response>;
}

async function requested(
  file: Uint8Array,
  { user = "ann", name = "beach.jpg", kind = "photo" } = {},
): Promise<Requested> {
  const contentType = kind === "photo" ? "image/jpeg" : "application/zip";
  const body = { name, size: file.byteLength, contentType, kind };
  const event = json_event(body, { route: "POST /request_upload", username: user });
  const form = read_answer(request_upload_response, await request(event, lambda_context()), 201);
  if (form.method !== "POST") throw new Error("This is no form.");
  const upload = { ...open(user, form.uploadId), user };
  return { uploadId: form.uploadId, upload, send: (sent) => send_form(form, sent) };
}

async function sent(file: Uint8Array, options?: Parameters<typeof requested>[1]): Promise<Requested> {
  const made = await requested(file, options);
  expect((await made.send(file)).status).toBe(204);
  return made;
}

const completed = (uploadId: unknown, username: unknown = "ann"): Promise<HttpAnswer> =>
  complete(json_event({ uploadId }, { route: "POST /complete_upload", username }), lambda_context());

/** The keys of one upload's user that are of no other test. */
const keys_with = async (part: string): Promise<string[]> =>
  (await keys()).filter((key) => key.includes(part));

describe("POST /complete_upload of a photo", () => {
  it("publishes it under the time of its request, with its name and the type of its bytes", async () => {
    const name = 'trip/é "1".png';
    const { uploadId, upload } = await sent(bytes, { user: "a/b😀", name });
    const answer = read_answer(complete_upload_response, await completed(uploadId, "a/b😀"), 201);
    if (!("filename" in answer)) throw new Error("This is no photo.");
    const stamp = new Date(upload_time(upload.id)).toISOString().replace(/[-:.]/g, "");
    expect(answer).toEqual({ filename: `${stamp}_é "1".png`, size: 70_000, contentType: "image/jpeg" });
    const Key = photo_key("a/b😀", answer.filename);
    const stored = await store.s3.send(new GetObjectCommand({ Bucket: BUCKET, Key }));
    expect(Buffer.from((await stored.Body?.transformToByteArray()) ?? [])).toEqual(bytes);
    expect(stored.ContentType).toBe("image/jpeg");
    expect(stored.Metadata).toEqual({
      "original-name": encodeURIComponent(name),
      "upload-id": upload.id,
      sha256: sha256_of(bytes),
    });
    expect(await keys_with(upload.id)).toEqual([outcome_key(upload)]);
  });

  it("says the same a second time, with 200", async () => {
    const { uploadId, upload } = await sent(bytes, { user: "twice" });
    const first = read_answer(complete_upload_response, await completed(uploadId, "twice"), 201);
    expect(read_answer(complete_upload_response, await completed(uploadId, "twice"))).toEqual(first);
    expect((await keys_with("twice/")).map((key) => key.split("/")[0])).toEqual([
      ".checksums",
      ".outcomes",
      "twice",
    ]);
    expect(await keys_with(upload.id)).toEqual([outcome_key(upload)]);
  });

  it("makes one photo of ten requests at once, and one of them is the first", async () => {
    const { uploadId } = await sent(bytes, { user: "ten" });
    const answers = await Promise.all(Array.from({ length: 10 }, () => completed(uploadId, "ten")));
    expect(answers.map(({ statusCode }) => statusCode).toSorted()).toEqual([...Array(9).fill(200), 201]);
    expect(new Set(answers.map(({ body }) => body)).size).toBe(1);
    expect((await keys_with("ten/")).filter((key) => !key.startsWith("."))).toHaveLength(1);
  });

  it("makes two photos of two uploads of one name", async () => {
    const both = [await sent(bytes, { user: "pair" }), await sent(jpeg_of(70_000, 1), { user: "pair" })];
    const answers = await Promise.all(both.map(({ uploadId }) => completed(uploadId, "pair")));
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([201, 201]);
    expect((await keys_with("pair/")).filter((key) => !key.startsWith("."))).toHaveLength(2);
  });

  it("keeps to the first photo where the form is sent again later, and removes what came", async () => {
    const { uploadId, upload, send } = await sent(bytes, { user: "again" });
    const first = read_answer(complete_upload_response, await completed(uploadId, "again"), 201);
    const other = Buffer.from(bytes).fill(7, 1_000);
    expect((await send(other)).status).toBe(204);
    expect(read_answer(complete_upload_response, await completed(uploadId, "again"))).toEqual(first);
    expect(await keys_with(upload.id)).toEqual([outcome_key(upload)]);
    const Key = photo_key("again", "filename" in first ? first.filename : "");
    const stored = await store.s3.send(new GetObjectCommand({ Bucket: BUCKET, Key }));
    expect(Buffer.from((await stored.Body?.transformToByteArray()) ?? [])).toEqual(bytes);
  });

  it("is 409 before it has arrived, and 201 afterwards", async () => {
    const { uploadId, send } = await requested(bytes);
    const refusal = read_problem(await completed(uploadId));
    expect(refusal).toMatchObject({ status: 409, code: "upload_incomplete" });
    await send(bytes);
    expect((await completed(uploadId)).statusCode).toBe(201);
  });
});

describe("POST /complete_upload refuses", () => {
  it.each([
    ["a text declared as a photo", "photo", Buffer.from("Dear diary, ".repeat(20)), "not_an_image"],
    ["an archive declared as a photo", "photo", zip, "not_an_image"],
    ["SVG", "photo", Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), "not_an_image"],
    ["a photo declared as an archive", "archive", bytes, "not_an_archive"],
    ["a PNG declared as an archive", "archive", tiny_png(), "not_an_archive"],
  ])("%s, each time it is asked, and keeps nothing of it", async (_, kind, file, reason) => {
    const { uploadId, upload } = await sent(file, { kind });
    for (let time = 0; time < 2; time += 1) {
      const refusal = read_problem(await completed(uploadId));
      expect(refusal).toMatchObject({ status: 422, code: "upload_refused", reason });
    }
    expect(await keys_with(upload.id)).toEqual([outcome_key(upload)]);
  });

  it.each([
    ["other bytes than were declared", { "original-name": "x", kind: "photo", size: "5" }, "size_mismatch"],
    ["what was not declared", {}, "undeclared"],
    ["an unknown kind", { "original-name": "x", kind: "video", size: "70000" }, "undeclared"],
    ["a name that is none", { "original-name": "%zz", kind: "photo", size: "70000" }, "undeclared"],
  ])("%s, that someone else has put there", async (_, Metadata, reason) => {
    const { uploadId, upload } = await requested(bytes);
    const object = { Bucket: BUCKET, Key: quarantine_key(upload), Body: bytes, Metadata };
    await store.s3.send(new PutObjectCommand(object));
    expect(read_problem(await completed(uploadId))).toMatchObject({ code: "upload_refused", reason });
    expect(await keys_with(upload.id)).toEqual([outcome_key(upload)]);
  });

  it("an id that is another's, expired, of another purpose or made up, all in the same way", async () => {
    const { uploadId, upload } = await sent(bytes);
    const { user, ...sealed } = upload;
    const past = new Date(Date.now() - 1_000);
    const answers = [
      await completed(uploadId, "bob"),
      await completed(seal(user, sealed, past)),
      await completed(upload_ids("k".repeat(40)).seal(user, sealed, new Date(Date.now() + 1e6))),
      await completed(upload.id),
      await completed(`${uploadId}x`),
      await completed(uploadId.slice(1)),
      await completed("x"),
    ];
    expect(new Set(answers.map(({ body }) => body)).size).toBe(1);
    for (const answer of answers) {
      expect(read_problem(answer)).toMatchObject({ status: 404, code: "upload_not_found" });
    }
    expect(await keys_with(upload.id)).toEqual([quarantine_key(upload)]);
  });

  it.each(["", "x".repeat(2_049), 7, null, undefined])("the id %j as no request", async (uploadId) => {
    expect(read_problem(await completed(uploadId))).toMatchObject({ code: "invalid_request" });
  });
});

describe("POST /complete_upload of an archive", () => {
  it("asks for its extraction once, and leaves it where it is", async () => {
    const { uploadId, upload } = await sent(zip, { kind: "archive", name: "trip.zip" });
    for (let time = 0; time < 2; time += 1) {
      const answer = read_answer(complete_upload_response, await completed(uploadId), 202);
      expect(answer).toEqual({ jobId: upload.id });
    }
    expect(await keys_with(upload.id)).toEqual(
      [outcome_key(upload), plan_task_key(upload), quarantine_key(upload)].toSorted(),
    );
    const task = await store.s3.send(new HeadObjectCommand({ Bucket: BUCKET, Key: plan_task_key(upload) }));
    expect(task.ContentLength).toBe(0);
  });

  it("takes a self-extracting one, whose beginning is a program", async () => {
    const file = Buffer.concat([Buffer.from("MZ".padEnd(500, "\0")), zip]);
    const { uploadId } = await sent(file, { kind: "archive" });
    expect((await completed(uploadId)).statusCode).toBe(202);
  });
});
