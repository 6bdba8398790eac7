import { crc32 } from "node:zlib";
import { GetObjectCommand, ListMultipartUploadsCommand } from "@aws-sdk/client-s3";
import { afterAll, describe, expect, it } from "vitest";
import { photo_key } from "../../layer/photo_keys.ts";
import { outcome_key } from "../../layer/upload_keys.ts";
import type { HttpAnswer } from "../../middleware/reply.ts";
import { complete_upload_response } from "../../schemas/complete_upload.ts";
import { request_upload_response } from "../../schemas/request_upload.ts";
import { type UploadPartsResponse, upload_parts_response } from "../../schemas/upload_parts.ts";
import { upload_ids } from "../../storage/upload_id.ts";
import { PART_BYTES } from "../../storage/upload_in_parts.ts";
import { read_answer, read_problem } from "../support/answers.ts";
import { jpeg_of } from "../support/fixture_photos.ts";
import { json_event, lambda_context } from "../support/http_event.ts";
import { BUCKET, function_environment, start_photo_storage } from "../support/photo_storage.ts";
import { quiet } from "../support/quiet.ts";
import { s3_code, send_part } from "../support/uploads.ts";

const { url, store, keys, close } = await start_photo_storage({ may_list: () => false });
const environment = function_environment(url);
Object.assign(process.env, environment);
const { handler: request } = await import("../../handlers/request_upload.ts");
const { handler: upload_parts } = await import("../../handlers/upload_parts.ts");
const { handler: complete } = await import("../../handlers/complete_upload.ts");

quiet();
afterAll(close);

const { open } = upload_ids(environment.CURSOR_KEY ?? "");

/** Three parts, the last of them small. */
const bytes = jpeg_of(2 * PART_BYTES + 1_000);
bytes.fill(1, PART_BYTES);
const part = (number: number): Buffer => bytes.subarray((number - 1) * PART_BYTES, number * PART_BYTES);

const post = (handler: typeof upload_parts, body: object, username: unknown): Promise<HttpAnswer> =>
  handler(json_event(body, { route: "POST /x", username }), lambda_context());

interface Parted {
  readonly uploadId: string;
  readonly id: string;
  readonly parts: (sign?: readonly unknown[]) => Promise<HttpAnswer>;
  readonly signed: (...numbers: number[]) => Promise<UploadPartsResponse>;
  /** Sends the parts of these numbers. */
  readonly send: (...numbers: number[]) => Promise<void>;
  readonly complete: () => Promise<HttpAnswer>;
}

async function parted(user: string, more: object = {}): Promise<Parted> {
  const file = { name: "large.jpg", size: bytes.byteLength, contentType: "image/jpeg", kind: "photo" };
  const asked = await post(request, { ...file, multipart: true, ...more }, user);
  const { uploadId } = read_answer(request_upload_response, asked, 201);
  const parts = (sign?: readonly unknown[]) => post(upload_parts, { uploadId, sign }, user);
  const signed = async (...numbers: number[]) => read_answer(upload_parts_response, await parts(numbers));
  return {
    uploadId,
    id: open(user, uploadId).id,
    parts,
    signed,
    send: async (...numbers) => {
      const { urls } = await signed(...numbers);
      for (const number of numbers) {
        expect((await send_part(urls[number] ?? "", part(number))).status).toBe(200);
      }
    },
    complete: () => post(complete, { uploadId }, user),
  };
}

const unfinished = async (): Promise<string[]> => {
  const { Uploads = [] } = await store.s3.send(new ListMultipartUploadsCommand({ Bucket: BUCKET }));
  return Uploads.map(({ Key = "" }) => Key);
};

describe("POST /upload_parts", () => {
  it("signs the parts that are asked for, and says which have arrived", async () => {
    const upload = await parted("ann");
    const { urls, ...empty } = await upload.signed(1, 3);
    expect(Object.keys(urls)).toEqual(["1", "3"]);
    expect(empty).toMatchObject({ partSize: PART_BYTES, parts: [] });
    const answer = await send_part(urls[3] ?? "", part(3));
    expect(answer.status).toBe(200);
    const etag = answer.headers.get("etag");
    expect(await upload.signed()).toMatchObject({
      parts: [{ PartNumber: 3, Size: 1_000, ETag: etag }],
      urls: {},
    });
  });

  it("lets an upload that broke off be gone on with, until all has arrived", async () => {
    const upload = await parted("bob");
    await upload.send(2);
    expect(read_problem(await upload.complete())).toMatchObject({
      status: 409,
      code: "upload_incomplete",
      detail: expect.stringContaining("Of 3 parts 2 have not arrived: 1, 3."),
    });
    const { parts } = await upload.signed();
    expect(parts.map(({ PartNumber }) => PartNumber)).toEqual([2]);
    await upload.send(1, 3);
    const answer = read_answer(complete_upload_response, await upload.complete(), 201);
    if (!("filename" in answer)) throw new Error("This is no photo.");
    expect(answer).toMatchObject({ size: bytes.byteLength, contentType: "image/jpeg" });
    const Key = photo_key("bob", answer.filename);
    const stored = await store.s3.send(new GetObjectCommand({ Bucket: BUCKET, Key }));
    expect(bytes.equals((await stored.Body?.transformToByteArray()) ?? new Uint8Array())).toBe(true);
    expect(stored.Metadata).toMatchObject({ "original-name": "large.jpg", "upload-id": upload.id });
    expect((await keys()).filter((key) => key.includes(upload.id))).toEqual([
      outcome_key({ user: "bob", id: upload.id }),
    ]);
    expect(read_answer(complete_upload_response, await upload.complete())).toEqual(answer);
  });

  it("gives URLs that S3 takes exactly their part by", async () => {
    const upload = await parted("exact");
    const { urls } = await upload.signed(1, 3);
    for (const [number, sent] of [
      [1, part(1).subarray(1)],
      [3, Buffer.concat([part(3), Buffer.of(0)])],
      [3, part(1)],
    ] as const) {
      const answer = await send_part(urls[number] ?? "", sent);
      expect([answer.status, await s3_code(answer)]).toEqual([403, "SignatureDoesNotMatch"]);
    }
    const other_part = new URL(urls[3] ?? "");
    other_part.searchParams.set("partNumber", "2");
    expect((await send_part(other_part.href, part(3))).status).toBe(403);
    expect((await upload.signed()).parts).toEqual([]);
  });

  it("ends with the photo of a declared checksum, and of no other", async () => {
    const checksum = crc32(bytes).toString(16).padStart(8, "0");
    const upload = await parted("checked", { crc32: checksum });
    await upload.send(1, 2);
    const { urls } = await upload.signed(3);
    expect((await send_part(urls[3] ?? "", Buffer.alloc(1_000, "x"))).status).toBe(200);
    expect(read_problem(await upload.complete())).toMatchObject({
      status: 422,
      code: "upload_refused",
      reason: "checksum_mismatch",
    });
    await upload.send(3);
    expect((await upload.complete()).statusCode).toBe(201);
  });

  describe("in S3's own language", () => {
    const document = (...etags: readonly string[]): string =>
      `<CompleteMultipartUpload>${etags
        .map((etag, index) => `<Part><PartNumber>${index + 1}</PartNumber><ETag>${etag}</ETag></Part>`)
        .join("")}</CompleteMultipartUpload>`;
    let photos = 0;
    const sent_small = async (of: (small: Buffer) => object = () => ({})) => {
      photos += 1;
      const small = jpeg_of(1_000, photos);
      const upload = await parted("language", { size: 1_000, ...of(small) });
      const { urls } = await upload.signed(1);
      const etag = (await send_part(urls[1] ?? "", small)).headers.get("etag") ?? "";
      return { ...upload, etag };
    };

    it("lists the parts, joins them, and is admitted as any other", async () => {
      const upload = await sent_small();
      const { requests } = await upload.signed();
      const listed = await (await fetch(requests.GET)).text();
      expect(listed).toContain(`<PartNumber>1</PartNumber>`);
      const body = document(upload.etag);
      expect((await fetch(requests.POST, { method: "POST", body })).status).toBe(200);
      expect((await upload.complete()).statusCode).toBe(201);
    });

    it("ends the upload", async () => {
      const upload = await sent_small();
      const { requests } = await upload.signed();
      expect((await fetch(requests.DELETE, { method: "DELETE" })).status).toBe(204);
      expect(read_problem(await upload.parts())).toMatchObject({ code: "upload_not_found" });
    });

    it("cannot bring about another file than was declared", async () => {
      const other = await sent_small(() => ({ crc32: "00000000" }));
      const { requests } = await other.signed();
      await fetch(requests.POST, { method: "POST", body: document(other.etag) });
      expect(read_problem(await other.complete())).toMatchObject({
        code: "upload_refused",
        reason: "checksum_mismatch",
      });
      const right = await sent_small((small) => ({
        crc32: crc32(small).toString(16).padStart(8, "0").toUpperCase(),
      }));
      const { requests: of_right } = await right.signed();
      await fetch(of_right.POST, { method: "POST", body: document(right.etag) });
      expect((await right.complete()).statusCode).toBe(201);

      const whole = await parted("language");
      const { urls, requests: of_whole } = await whole.signed(1);
      const etag = (await send_part(urls[1] ?? "", part(1))).headers.get("etag") ?? "";
      await fetch(of_whole.POST, { method: "POST", body: document(etag) });
      expect(read_problem(await whole.complete())).toMatchObject({
        code: "upload_refused",
        reason: "size_mismatch",
      });
    });

    it("does nothing else by its URLs", async () => {
      const upload = await sent_small();
      const { requests } = await upload.signed();
      for (const [method, url] of Object.entries(requests)) {
        for (const other of ["GET", "PUT", "POST", "DELETE"].filter((one) => one !== method)) {
          const body = other === "GET" || other === "DELETE" ? {} : { body: "x" };
          expect((await fetch(url, { method: other, ...body })).status, `${other} of ${method}`).toBe(403);
        }
      }
      expect((await upload.signed()).parts).toHaveLength(1);
    });
  });

  it("has its parts joined once by three requests at once", async () => {
    const upload = await parted("three");
    await upload.send(1, 2, 3);
    const answers = await Promise.all(Array.from({ length: 3 }, () => upload.complete()));
    expect(answers.map(({ statusCode }) => statusCode).toSorted()).toEqual([200, 200, 201]);
    expect((await keys()).filter((key) => key.startsWith("three/"))).toHaveLength(1);
    expect((await unfinished()).filter((key) => key.includes(upload.id))).toEqual([]);
  });

  it("knows an upload no more that has been completed", async () => {
    const upload = await parted("ended", { size: 1_000 });
    const { urls } = await upload.signed(1);
    await send_part(urls[1] ?? "", jpeg_of(1_000));
    expect((await upload.complete()).statusCode).toBe(201);
    expect(read_problem(await upload.parts())).toMatchObject({ status: 404, code: "upload_not_found" });
  });

  it("refuses what is another's or made up, in the same way", async () => {
    const { uploadId, id } = await parted("owner");
    const answers = await Promise.all(
      [uploadId, id, "x"].map((sent) => post(upload_parts, { uploadId: sent, sign: [1] }, "eve")),
    );
    expect(new Set(answers.map(({ body }) => body)).size).toBe(1);
    for (const answer of answers) {
      expect(read_problem(answer)).toMatchObject({ status: 404, code: "upload_not_found" });
    }
  });

  it.each([[[0]], [[1.5]], [["1"]], [[10_001]], [Array(101).fill(1)], ["1"], [null]])(
    "refuses to sign %j",
    async (sign) => {
      const { uploadId } = await parted("ann");
      const answer = await post(upload_parts, { uploadId, sign }, "ann");
      expect(read_problem(answer)).toMatchObject({ status: 400, code: "invalid_request" });
    },
  );

  it("refuses to sign a part that the upload does not have, and one of an upload without parts", async () => {
    const upload = await parted("ann");
    expect(read_problem(await upload.parts([1, 4]))).toMatchObject({
      code: "invalid_request",
      errors: [{ field: "sign" }],
    });
    const form = read_answer(
      request_upload_response,
      await post(request, { name: "x", size: 9, contentType: "image/png", kind: "photo" }, "ann"),
      201,
    );
    expect(read_problem(await post(upload_parts, { uploadId: form.uploadId }, "ann"))).toMatchObject({
      code: "invalid_request",
      errors: [{ field: "uploadId" }],
    });
  });
});
