import { DeleteObjectCommand, ListMultipartUploadsCommand } from "@aws-sdk/client-s3";
import { afterAll, describe, expect, it } from "vitest";
import { outcome_key, quarantine_key } from "../../layer/upload_keys.ts";
import type { HttpAnswer } from "../../middleware/reply.ts";
import { request_upload_response } from "../../schemas/request_upload.ts";
import { upload_parts_response } from "../../schemas/upload_parts.ts";
import { upload_ids } from "../../storage/upload_id.ts";
import { PART_BYTES } from "../../storage/upload_in_parts.ts";
import { build_zip } from "../archive/zip_builder.ts";
import { read_answer, read_problem } from "../support/answers.ts";
import { jpeg_of } from "../support/fixture_photos.ts";
import { json_event, lambda_context } from "../support/http_event.ts";
import { BUCKET, function_environment, start_photo_storage } from "../support/photo_storage.ts";
import { quiet } from "../support/quiet.ts";
import { send_form, send_part } from "../support/uploads.ts";

const { url, store, keys, close } = await start_photo_storage({ may_list: () => false });
const environment = function_environment(url);
Object.assign(process.env, environment);
const { handler: request } = await import("../../handlers/request_upload.ts");
const { handler: upload_parts } = await import("../../handlers/upload_parts.ts");
const { handler: complete } = await import("../../handlers/complete_upload.ts");
const { handler: cancel } = await import("../../handlers/cancel_upload.ts");

quiet();
afterAll(close);

const { open, seal } = upload_ids(environment.CURSOR_KEY ?? "");

const post = (handler: typeof cancel, body: object, username: unknown = "ann"): Promise<HttpAnswer> =>
  handler(json_event(body, { route: "POST /cancel_upload", username }), lambda_context());

const photo = { name: "beach.jpg", size: 5_000, contentType: "image/jpeg", kind: "photo" };

async function requested(body: object) {
  const answer = read_answer(request_upload_response, await post(request, body), 201);
  return { answer, id: open("ann", answer.uploadId).id };
}

/** An upload in one piece that has arrived. */
async function sent(bytes: Uint8Array = jpeg_of(5_000), more: object = {}) {
  const { answer, id } = await requested({ ...photo, size: bytes.byteLength, ...more });
  if (answer.method !== "POST") throw new Error("This is no form.");
  expect((await send_form(answer, bytes)).status).toBe(204);
  return { uploadId: answer.uploadId, id, form: answer };
}

const keys_with = async (id: string): Promise<string[]> => (await keys()).filter((key) => key.includes(id));

const unfinished = async (id: string): Promise<number> => {
  const { Uploads = [] } = await store.s3.send(new ListMultipartUploadsCommand({ Bucket: BUCKET }));
  return Uploads.filter(({ Key }) => Key?.includes(id)).length;
};

describe("POST /cancel_upload", () => {
  it("removes what has arrived, and says so with nothing; a second time too", async () => {
    const { uploadId, id } = await sent();
    expect(await keys_with(id)).toHaveLength(1);
    for (let time = 0; time < 2; time += 1) {
      const answer = await post(cancel, { uploadId });
      expect([answer.statusCode, answer.body]).toEqual([204, ""]);
      expect(await keys_with(id)).toEqual([]);
    }
    expect(read_problem(await post(complete, { uploadId }))).toMatchObject({ code: "upload_incomplete" });
  });

  it("removes the parts that have arrived, and ends the upload", async () => {
    const { answer, id } = await requested({ ...photo, size: PART_BYTES + 5, multipart: true });
    const { uploadId } = answer;
    const { urls } = read_answer(upload_parts_response, await post(upload_parts, { uploadId, sign: [1, 2] }));
    expect((await send_part(urls[2] ?? "", jpeg_of(5))).status).toBe(200);
    expect(await unfinished(id)).toBe(1);
    for (let time = 0; time < 2; time += 1) {
      expect((await post(cancel, { uploadId })).statusCode).toBe(204);
      expect(await unfinished(id)).toBe(0);
    }
    expect((await send_part(urls[1] ?? "", jpeg_of(PART_BYTES))).status).toBe(404);
    expect(read_problem(await post(upload_parts, { uploadId }))).toMatchObject({ code: "upload_not_found" });
    expect(read_problem(await post(complete, { uploadId }))).toMatchObject({ code: "upload_incomplete" });
  });

  it("is content with an upload of which nothing has arrived", async () => {
    const { answer } = await requested(photo);
    expect((await post(cancel, { uploadId: answer.uploadId })).statusCode).toBe(204);
  });

  it("comes too late for a photo, which stays", async () => {
    const { uploadId, id } = await sent();
    expect((await post(complete, { uploadId })).statusCode).toBe(201);
    const photos = (await keys()).filter((key) => key.startsWith("ann/"));
    const refusal = read_problem(await post(cancel, { uploadId }));
    expect(refusal).toMatchObject({ status: 409, code: "upload_completed" });
    expect((await keys()).filter((key) => key.startsWith("ann/"))).toEqual(photos);
    expect(await keys_with(id)).toEqual([outcome_key({ user: "ann", id })]);
  });

  it("comes too late for an archive, which stays while it is extracted", async () => {
    const zip = build_zip({ entries: [{ name: "a.jpg", data: jpeg_of(9) }] });
    const { uploadId, id } = await sent(zip, { kind: "archive", contentType: "application/zip" });
    expect((await post(complete, { uploadId })).statusCode).toBe(202);
    expect(read_problem(await post(cancel, { uploadId }))).toMatchObject({ code: "upload_completed" });
    expect(await keys_with(id)).toContain(quarantine_key({ user: "ann", id }));
  });

  it("refuses an id that is another's, expired or made up, in the same way, and removes nothing", async () => {
    const { uploadId, id } = await sent();
    const expired = seal("ann", { id, kind: "photo", size: 5_000 }, new Date(Date.now() - 1_000));
    const answers = [
      await post(cancel, { uploadId }, "eve"),
      await post(cancel, { uploadId: expired }),
      await post(cancel, { uploadId: id }),
    ];
    expect(new Set(answers.map(({ body }) => body)).size).toBe(1);
    for (const answer of answers) expect(read_problem(answer)).toMatchObject({ code: "upload_not_found" });
    expect(await keys_with(id)).toEqual([quarantine_key({ user: "ann", id })]);
    await store.s3.send(
      new DeleteObjectCommand({ Bucket: BUCKET, Key: quarantine_key({ user: "ann", id }) }),
    );
  });
});
