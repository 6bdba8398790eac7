import { crc32 } from "node:zlib";
import { HeadObjectCommand } from "@aws-sdk/client-s3";
import { afterAll, describe, expect, it } from "vitest";
import { parse_quarantine_key, quarantine_key } from "../../layer/upload_keys.ts";
import type { HttpAnswer } from "../../middleware/reply.ts";
import { request_upload_response } from "../../schemas/request_upload.ts";
import { upload_ids } from "../../storage/upload_id.ts";
import { read_answer, read_problem } from "../support/answers.ts";
import { jpeg_of } from "../support/fixture_photos.ts";
import { json_event, lambda_context } from "../support/http_event.ts";
import { BUCKET, function_environment, start_photo_storage } from "../support/photo_storage.ts";
import { quiet } from "../support/quiet.ts";
import { s3_code, send_form } from "../support/uploads.ts";

const { url, store, keys, close } = await start_photo_storage({ may_list: () => false });
const environment = function_environment(url);
Object.assign(process.env, environment);
const { handler } = await import("../../handlers/request_upload.ts");

quiet();
afterAll(close);

const request = (body: unknown, username: unknown = "ann"): Promise<HttpAnswer> =>
  handler(json_event(body, { route: "POST /request_upload", username }), lambda_context());

/** For which S3 would put the name of the file that it is sent. */
const OWN_NAME = ["$", "{filename}"].join("");

const bytes = jpeg_of(5_000);
const photo = { name: "beach.jpg", size: bytes.byteLength, contentType: "image/jpeg", kind: "photo" };

async function form_for(body: object = photo) {
  const answer = read_answer(request_upload_response, await request(body), 201);
  if (answer.method !== "POST") throw new Error("This is no form.");
  return answer;
}

const { open } = upload_ids(environment.CURSOR_KEY ?? "");

const checksum = (of: Uint8Array): string => crc32(of).toString(16).padStart(8, "0");

describe("POST /request_upload", () => {
  it("gives a form by which exactly the declared file gets into the quarantine, and nowhere else", async () => {
    const name = `C:\\fakepath\\é "1" ${OWN_NAME}.jpg`;
    const before = Date.now();
    const form = await form_for({ ...photo, name });
    expect((await send_form(form, bytes)).status).toBe(204);
    const { id } = open("ann", form.uploadId);
    const key = quarantine_key({ user: "ann", id });
    expect((await keys()).filter((stored) => stored.includes(id))).toEqual([key]);
    const stored = await store.s3.send(new HeadObjectCommand({ Bucket: BUCKET, Key: key }));
    expect(stored).toMatchObject({ ContentLength: bytes.byteLength, ContentType: "image/jpeg" });
    expect(stored.Metadata).toEqual({
      "original-name": encodeURIComponent(name),
      kind: "photo",
      size: "5000",
    });
    const minutes = (Date.parse(form.expiresAt) - before) / 60_000;
    expect(minutes).toBeGreaterThan(9);
    expect(minutes).toBeLessThan(11);
  });

  it("gives every request an upload of its own", async () => {
    const [one, other] = [await form_for(), await form_for()];
    expect(one.fields.key).not.toBe(other.fields.key);
    expect(one.uploadId).not.toBe(other.uploadId);
  });

  it.each(["a/b😀", "..", "%2e", OWN_NAME])("keeps the user %j to a prefix of their own", async (user) => {
    const answer = read_answer(request_upload_response, await request(photo, user), 201);
    const { id } = open(user, answer.uploadId);
    const key = answer.method === "POST" ? answer.fields.key : undefined;
    expect(parse_quarantine_key(key ?? "")).toEqual({ user, id });
    if (answer.method === "POST") expect((await send_form(answer, bytes)).status).toBe(204);
    expect(await keys()).toContain(key);
  });

  describe("S3 refuses by its form", () => {
    it.each([
      ["a byte more", Buffer.concat([bytes, Buffer.of(0)]), {}, 400, "EntityTooLarge"],
      ["a byte fewer", bytes.subarray(1), {}, 400, "EntityTooSmall"],
      ["nothing", Buffer.alloc(0), {}, 400, "EntityTooSmall"],
      ["another type", bytes, { "Content-Type": "text/html" }, 403, "AccessDenied"],
      ["no type", bytes, { "Content-Type": undefined }, 403, "AccessDenied"],
      ["another key", bytes, { key: "ann/20261123T101530123Z_beach.jpg" }, 403, "AccessDenied"],
      ["the key of another upload", bytes, { key: ".quarantine/ann/0" }, 403, "AccessDenied"],
      ["another kind", bytes, { "x-amz-meta-kind": "archive" }, 403, "AccessDenied"],
      ["another name", bytes, { "x-amz-meta-original-name": "x" }, 403, "AccessDenied"],
      ["another declared size", bytes, { "x-amz-meta-size": "1" }, 403, "AccessDenied"],
      ["a field more", bytes, { "x-amz-meta-upload-id": "x" }, 403, "AccessDenied"],
      ["a public object", bytes, { acl: "public-read" }, 403, "AccessDenied"],
      ["a redirection", bytes, { success_action_redirect: "https://example.com" }, 403, "AccessDenied"],
      ["another signature", bytes, { "X-Amz-Signature": "0".repeat(64) }, 403, "SignatureDoesNotMatch"],
    ] as const)("%s", async (_, sent, changed, status, code) => {
      const before = await keys();
      const answer = await send_form(await form_for(), sent, changed);
      expect([answer.status, await s3_code(answer)]).toEqual([status, code]);
      expect(await keys()).toEqual(before);
    });

    it("other bytes than those of the declared checksum", async () => {
      const form = await form_for({ ...photo, crc32: checksum(bytes).toUpperCase() });
      const other = Buffer.from(bytes);
      other.writeUInt8(other.readUInt8(4_000) ^ 1, 4_000);
      const refused = await send_form(form, other);
      expect([refused.status, await s3_code(refused)]).toEqual([400, "BadDigest"]);
      expect((await send_form(form, bytes)).status).toBe(204);
    });

    it("a checksum that was left out or is another", async () => {
      const form = await form_for({ ...photo, crc32: checksum(bytes) });
      for (const value of [undefined, "AAAAAA=="]) {
        const answer = await send_form(form, bytes, { "x-amz-checksum-crc32": value });
        expect([answer.status, await s3_code(answer)]).toEqual([403, "AccessDenied"]);
      }
    });
  });

  it("takes every kind of photo that is kept, and archives under the names that browsers have for them", async () => {
    for (const contentType of ["image/heic", "image/x-adobe-dng", "image/tiff"]) {
      expect((await form_for({ ...photo, contentType })).fields["Content-Type"]).toBe(contentType);
    }
    for (const contentType of ["application/zip", "application/x-zip-compressed"]) {
      const form = await form_for({ ...photo, contentType, kind: "archive" });
      expect(form.fields["Content-Type"]).toBe(contentType);
    }
  });

  it.each(["photo", "archive"])("takes a %s of which nobody knows the type", async (kind) => {
    for (const contentType of ["", "application/octet-stream"]) {
      const form = await form_for({ ...photo, kind, contentType });
      expect(form.fields["Content-Type"]).toBe("application/octet-stream");
    }
  });

  it.each([
    ["photo", "application/zip"],
    ["photo", "image/svg+xml"],
    ["photo", "text/html"],
    ["photo", "IMAGE/JPEG"],
    ["archive", "image/jpeg"],
  ])("of a %s refuses the type %s, and names those that are accepted", async (kind, contentType) => {
    const refusal = read_problem(await request({ ...photo, kind, contentType }));
    expect(refusal).toMatchObject({ status: 422, code: "type_not_accepted" });
    expect(refusal.errors).toMatchObject([{ field: "contentType" }]);
    expect(refusal.detail).toContain(kind === "photo" ? "image/heic" : "application/zip");
  });

  it("has a limit for photos, and one for archives", async () => {
    const archive = { ...photo, kind: "archive", contentType: "application/zip", multipart: false };
    await form_for({ ...photo, size: 200_000_000, multipart: false });
    await form_for({ ...archive, size: 5 * 1024 ** 3 });
    for (const [body, limit] of [
      [{ ...photo, size: 200_000_001 }, "200000000"],
      [{ ...archive, size: 5 * 1024 ** 3 + 1 }, "5368709120"],
    ] as const) {
      const refusal = read_problem(await request(body));
      expect(refusal).toMatchObject({ status: 413, code: "file_too_large", errors: [{ field: "size" }] });
      expect(refusal.detail).toContain(limit);
    }
  });

  it.each([
    ["name", ""],
    ["name", "x".repeat(1_025)],
    ["name", 7],
    ["size", 0],
    ["size", -1],
    ["size", 1.5],
    ["size", "5000"],
    ["size", 2 ** 53],
    ["contentType", undefined],
    ["kind", "video"],
    ["crc32", "12345"],
    ["crc32", "0x123456"],
    ["crc32", 305_419_896],
    ["multipart", "yes"],
    ["key", "ann/x"],
  ])("refuses %s = %j, and names the field", async (field, value) => {
    const refusal = read_problem(await request({ ...photo, [field]: value }));
    expect(refusal).toMatchObject({ status: 400, code: "invalid_request" });
    expect(refusal.errors?.map((error) => error.field)).toEqual([field]);
  });

  it("gives a file of more than 100 MB in parts, and a smaller one where that is asked for", async () => {
    for (const [body, parts] of [
      [{ ...photo, size: 100_000_001 }, 12],
      [{ ...photo, multipart: true }, 1],
    ] as const) {
      const answer = read_answer(request_upload_response, await request(body), 201);
      expect(answer).toMatchObject({ method: "PUT", partSize: 8_388_608, parts });
      const hours = (Date.parse(answer.expiresAt) - Date.now()) / 3_600_000;
      expect(hours).toBeGreaterThan(23.9);
      expect(hours).toBeLessThan(24.1);
    }
    await form_for({ ...photo, size: 100_000_000 });
  });
});
