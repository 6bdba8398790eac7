import { GetObjectCommand } from "@aws-sdk/client-s3";
import { parse as parse_content_disposition } from "content-disposition";
import * as fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { export_task_key } from "../../layer/export_keys.ts";
import { clean_name } from "../../layer/photo_keys.ts";
import type { HttpAnswer } from "../../middleware/reply.ts";
import { download_started } from "../../schemas/download.ts";
import { put_photo } from "../../storage/photo_store.ts";
import { read_answer, read_problem } from "../support/answers.ts";
import { FIXTURE_PHOTOS, fixture_photo, jpeg_of } from "../support/fixture_photos.ts";
import { json_event, lambda_context } from "../support/http_event.ts";
import { file_name } from "../support/names.ts";
import { function_environment, start_photo_storage } from "../support/photo_storage.ts";
import { quiet } from "../support/quiet.ts";

const { url, store, keys, close } = await start_photo_storage();
Object.assign(process.env, function_environment(url));
const { handler } = await import("../../handlers/download.ts");

quiet();
afterAll(close);

const { signal } = new AbortController();

const stored = async (user: string, bytes: Uint8Array, name = "beach.jpg", content_type = "image/jpeg") =>
  (await put_photo(store, user, { name, bytes, content_type }, signal)).filename;

const download = (body: unknown, username: unknown = "ann"): Promise<HttpAnswer> =>
  handler(json_event(body, { route: "POST /download", username }), lambda_context());

const bytes_of = ({ body }: HttpAnswer): Buffer => Buffer.from(body, "base64");

describe("POST /download", () => {
  it("answers the bytes with their type, length and ETag, as an attachment", async () => {
    const bytes = jpeg_of(2_000);
    const answer = await download({ filename: await stored("ann", bytes) });
    expect({ ...answer, body: "" }).toEqual({
      statusCode: 200,
      headers: {
        "content-type": "image/jpeg",
        "content-length": "2000",
        "content-disposition": "attachment; filename=beach.jpg",
        etag: expect.stringMatching(/^"[0-9a-f]{32}"$/),
        "cache-control": "private, no-store",
        "x-content-type-options": "nosniff",
      },
      body: "",
      isBase64Encoded: true,
    });
    expect(bytes_of(answer)).toEqual(bytes);
  });

  it.each(Object.entries(FIXTURE_PHOTOS))("answers %s byte for byte, as %s", async (file, type) => {
    const bytes = await fixture_photo(file);
    const answer = await download({ filename: await stored("bob", bytes, file, type) }, "bob");
    expect(answer.headers["content-type"]).toBe(type);
    expect(bytes_of(answer).equals(bytes)).toBe(true);
  });

  it("lets a browser show the photo where that is asked for", async () => {
    const filename = await stored("ann", jpeg_of(500), "é.jpg");
    const { headers } = await download({ filename, disposition: "inline" });
    expect(headers["content-disposition"]).toBe("inline; filename=\"?.jpg\"; filename*=UTF-8''%C3%A9.jpg");
  });

  it("answers a photo of 4.5 MB itself, within what Lambda can answer", async () => {
    const bytes = jpeg_of(4_500_000);
    const answer = await download({ filename: await stored("ann", bytes) });
    expect(answer.statusCode).toBe(200);
    expect(Buffer.byteLength(JSON.stringify(answer))).toBeLessThan(6 * 1024 * 1024);
    expect(bytes_of(answer).equals(bytes)).toBe(true);
  });

  it("sends the client of a larger photo to a URL that works by itself", async () => {
    const bytes = jpeg_of(4_500_001);
    const filename = await stored("ann", bytes, "große Reise 😀.jpg");
    const answer = await download({ filename, disposition: "inline" });
    expect(answer).toMatchObject({ statusCode: 303, body: "", isBase64Encoded: false });
    expect(answer.headers).toMatchObject({ "cache-control": "private, no-store" });

    const location = new URL(answer.headers.location ?? "");
    expect(location.searchParams.get("X-Amz-Expires")).toBe("300");
    const photo = await fetch(location);
    expect(photo.status).toBe(200);
    expect(photo.headers.get("content-type")).toBe("image/jpeg");
    expect(photo.headers.get("content-length")).toBe("4500001");
    expect(photo.headers.get("cache-control")).toBe("private, no-store");
    const disposition = parse_content_disposition(photo.headers.get("content-disposition") ?? "");
    expect(disposition).toMatchObject({ type: "inline", parameters: { filename: "große Reise 😀.jpg" } });
    expect(Buffer.from(await photo.arrayBuffer()).equals(bytes)).toBe(true);
  });

  it("names every file in a header that no name can break", async () => {
    const { create } = await import("content-disposition");
    await fc.assert(
      fc.asyncProperty(file_name, async (raw) => {
        const name = clean_name(raw);
        const header = create(name, { type: "attachment" });
        expect(header).toMatch(/^[\x20-\x7e]+$/);
        expect(parse_content_disposition(header).parameters.filename).toBe(name);
      }),
    );
  });

  it.each([
    ['say "cheese".jpg', 'say "cheese".jpg'],
    ["back\\slash.jpg", "slash.jpg"],
    ["a;b=c, d.jpg", "a;b=c, d.jpg"],
    ["a.jpg\r\nSet-Cookie: canary=1", "a.jpgSet-Cookie: canary=1"],
    ["100%20.jpg", "100%20.jpg"],
    ["../../etc/passwd", "passwd"],
    ["👩‍👩‍👧 é 中.jpg", "👩‍👩‍👧 é 中.jpg"],
    ["photo\u202egpj.exe", "photogpj.exe"],
    ["", "photo"],
    [`${"x".repeat(500)}.jpg`, `${"x".repeat(251)}.jpg`],
  ])("gives the name %j back as %j", async (sent, name) => {
    const { headers } = await download({ filename: await stored("dora", jpeg_of(100), sent) }, "dora");
    const header = headers["content-disposition"] ?? "";
    expect(header).toMatch(/^attachment; [\x20-\x7e]+$/);
    expect(parse_content_disposition(header).parameters.filename).toBe(name);
  });

  it("answers a filename of another user, of nobody and what is no filename with the same bytes", async () => {
    const filename = await stored("cleo", jpeg_of(100));
    const wanted = [
      filename,
      "20200101T000000000Z_a.jpg",
      `cleo/${filename}`,
      `../cleo/${filename}`,
      `..%2Fcleo%2F${filename}`,
      `.\\${filename}`,
      "",
      "..",
      "\u0000",
      "😀",
      ...(await keys()).slice(0, 3),
    ].filter((one) => one !== "");
    const answers = await Promise.all(wanted.map((one) => download({ filename: one }, "mallory")));
    for (const answer of answers) {
      expect(answer.statusCode).toBe(404);
      expect(answer).toEqual(answers[0]);
    }
  });

  it.each([
    ["no filename", {}, ["filename"]],
    ["a filename that is no text", { filename: { a: 1 } }, ["filename"]],
    ["an empty filename", { filename: "" }, ["filename"]],
    ["a filename that is too long", { filename: "x".repeat(276) }, ["filename"]],
    ["another disposition", { filename: "a", disposition: "form-data" }, ["disposition"]],
    ["the field of another endpoint", { filename: "a", file: "b" }, ["file"]],
  ])("refuses %s and names the field", async (_, body, fields) => {
    const { status, code, errors } = read_problem(await download(body));
    expect({ status, code }).toEqual({ status: 400, code: "invalid_request" });
    expect(errors?.map(({ field }) => field)).toEqual(fields);
  });

  it("refuses a request without a user", async () => {
    expect(read_problem(await download({ filename: "a" }, "")).code).toBe("unauthenticated");
  });
});

describe("POST /download of several photos", () => {
  const asked_for = async (body: object, username = "lea") => {
    const answer = read_answer(download_started, await download(body, username), 202);
    const key = export_task_key({ job: { user: username, id: answer.jobId }, part: "plan" });
    const { Body } = await store.s3.send(new GetObjectCommand({ Bucket: store.bucket, Key: key }));
    return JSON.parse((await Body?.transformToString()) ?? "");
  };

  it.each([{ all: true }, { filenames: ["a", "b", "a"] }])(
    "asks workers for %j, under an id",
    async (body) => {
      expect(await asked_for(body)).toEqual(body);
    },
  );

  it("takes a thousand of the longest filenames, however they are written", async () => {
    const filename = `20261123T101530123Z_${"ü".repeat(127)}`;
    const filenames = Array.from({ length: 1_000 }, () => filename);
    const escaped = JSON.stringify({ filenames }).replaceAll("ü", "\\u00fc");
    const event = { ...json_event({}, { route: "POST /download", username: "lea" }), body: escaped };
    expect((await handler(event, lambda_context())).statusCode).toBe(202);
    expect(await asked_for({ filenames })).toEqual({ filenames });
  });

  it.each([
    [{}, ["filename"]],
    [{ filename: 7 }, ["filename"]],
    [{ filenames: [] }, ["filenames"]],
    [{ filenames: ["a", 7] }, ["filenames.1"]],
    [{ filenames: Array.from({ length: 1_001 }, () => "a") }, ["filenames"]],
    [{ all: false }, ["all"]],
    [{ all: true, filename: "a" }, ["all"]],
    [{ all: true, other: 1 }, ["other"]],
  ])("says what is wrong with %j", async (body, fields) => {
    const answer = await download(body);
    expect(read_problem(answer)).toMatchObject({ status: 400, code: "invalid_request" });
    const { errors } = JSON.parse(answer.body);
    expect(errors.map(({ field }: { field: string }) => field)).toEqual(fields);
  });
});
