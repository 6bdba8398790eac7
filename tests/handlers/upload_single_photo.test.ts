import * as fc from "fast-check";
import { afterAll, afterEach, describe, expect, it, vi } from "vitest";
import { clean_name, parse_photo_key } from "../../layer/photo_keys.ts";
import { multipart_body } from "../../middleware/multipart_body.ts";
import { pipeline } from "../../middleware/pipeline.ts";
import type { HttpAnswer } from "../../middleware/reply.ts";
import { upload_single_photo_response } from "../../schemas/upload_single_photo.ts";
import { find_photo, list_photos } from "../../storage/photo_store.ts";
import { read_answer, read_problem } from "../support/answers.ts";
import { FIXTURE_PHOTOS, fixture_photo, jpeg_of, tiny_png } from "../support/fixture_photos.ts";
import { form_event, json_event, lambda_context } from "../support/http_event.ts";
import { BUCKET, client_for, function_environment, start_photo_storage } from "../support/photo_storage.ts";
import { quiet } from "../support/quiet.ts";
import { s3_error, scripted_server } from "../support/scripted_server.ts";

const { url, store, keys, close } = await start_photo_storage();
Object.assign(process.env, function_environment(url));
const { handler, upload_single_photo } = await import("../../handlers/upload_single_photo.ts");

const output = quiet();
afterAll(close);
afterEach(() => {
  vi.useRealTimers();
});

const { signal } = new AbortController();

async function upload(
  bytes: Uint8Array<ArrayBuffer> | string,
  name = "beach.jpg",
  { type = "image/jpeg", username = "ann" }: { type?: string; username?: unknown } = {},
): Promise<HttpAnswer> {
  const form = new FormData();
  form.set("file", new File([bytes], name, { type }));
  return handler(await form_event(form, { route: "POST /upload_single_photo", username }), lambda_context());
}

const read_uploaded = (answer: HttpAnswer) => read_answer(upload_single_photo_response, answer, 201);

const plain = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => Uint8Array.from(bytes);

describe("POST /upload_single_photo", () => {
  it("stores a photo and says what it has stored", async () => {
    const before = Date.now();
    const photo = read_uploaded(await upload(plain(jpeg_of(2_000)), "é 1.jpg"));
    expect(photo).toEqual({
      filename: expect.stringMatching(/^\d{8}T\d{9}Z_é 1\.jpg$/),
      name: "é 1.jpg",
      size: 2_000,
      contentType: "image/jpeg",
      uploadedAt: expect.any(String),
    });
    const uploaded_at = Date.parse(photo.uploadedAt);
    expect(uploaded_at).toBeGreaterThanOrEqual(before);
    expect(parse_photo_key(`ann/${photo.filename}`)?.uploaded_at.getTime()).toBe(uploaded_at);
    const found = await find_photo(store, "ann", photo.filename, signal);
    expect(Buffer.from(await found.read())).toEqual(jpeg_of(2_000));
  });

  it.each(Object.entries(FIXTURE_PHOTOS))("stores %s byte for byte, as %s", async (file, type) => {
    const bytes = await fixture_photo(file);
    const answer = await upload(plain(bytes), file, { type: "application/octet-stream", username: "bob" });
    const photo = read_uploaded(answer);
    expect(photo).toMatchObject({ contentType: type, size: bytes.length, name: file });
    const found = await find_photo(store, "bob", photo.filename, signal);
    expect(found.content_type).toBe(type);
    expect(Buffer.from(await found.read()).equals(bytes)).toBe(true);
  });

  it("keeps a photo apart that has the name of another", async () => {
    const first = read_uploaded(await upload(plain(tiny_png()), "same.png", { username: "cleo" }));
    const second = read_uploaded(await upload(plain(jpeg_of(90)), "same.png", { username: "cleo" }));
    expect(second.filename).not.toBe(first.filename);
    expect((await list_photos(store, "cleo", "", signal)).photos).toHaveLength(2);
  });

  it("makes 50 photos of 50 uploads of one name in one millisecond", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        upload(plain(jpeg_of(100 + index)), "a.jpg", { username: "dora" }),
      ),
    );
    const filenames = answers.map((answer) => read_uploaded(answer).filename);
    expect(new Set(filenames).size).toBe(50);
    expect(new Set((await list_photos(store, "dora", "", signal)).photos.map(({ size }) => size)).size).toBe(
      50,
    );
  });

  it("keeps every name within the photos of the user", async () => {
    const sent = fc.constantFrom(
      "/",
      "\\",
      "..",
      "a",
      "é",
      "😀",
      "%2f",
      "%",
      ".",
      '"',
      "\r\n",
      "\u202e",
      ".jpg",
    );
    const name = fc.array(sent, { minLength: 1, maxLength: 12 }).map((parts) => `${parts.join("")}.`);
    let number = 0;
    await fc.assert(
      fc.asyncProperty(name, async (hostile) => {
        number += 1;
        const bytes = plain(jpeg_of(100, number));
        const photo = read_uploaded(await upload(bytes, hostile, { username: "emil" }));
        expect(clean_name(photo.name)).toBe(photo.name);
        expect((await find_photo(store, "emil", photo.filename, signal)).size).toBe(photo.size);
      }),
      { numRuns: 40 },
    );
    for (const key of (await keys()).filter((one) => !one.startsWith("."))) {
      expect(key.split("/")).toHaveLength(2);
    }
  });

  it.each([
    ["text named .jpg", "Dear diary"],
    ["SVG", '<svg xmlns="http://www.w3.org/2000/svg"/>'],
    ["HTML", "<!doctype html><script>alert(1)</script>"],
    ["PDF", "%PDF-1.7\n"],
    ["a ZIP", "PK\x03\x04"],
  ])("refuses %s, and stores nothing", async (_, text) => {
    const { status, code, errors } = read_problem(await upload(text, "photo.jpg", { username: "finn" }));
    expect({ status, code }).toEqual({ status: 415, code: "not_an_image" });
    expect(errors).toEqual([{ field: "file", message: "The file is not a photo." }]);
    expect((await list_photos(store, "finn", "", signal)).photos).toEqual([]);
  });

  it("stores a GIF that is HTML as well as the image that it is", async () => {
    const answer = await upload("GIF89a/*<script>alert(1)</script>*/=1;", "x.html", { type: "text/html" });
    expect(read_uploaded(answer).contentType).toBe("image/gif");
  });

  it("refuses a form without the file and names the field", async () => {
    const form = new FormData();
    form.set("photo", new File([plain(tiny_png())], "a.png"));
    const event = await form_event(form, { username: "ann" });
    const { status, code, errors } = read_problem(await handler(event, lambda_context()));
    expect({ status, code }).toEqual({ status: 400, code: "missing_file" });
    expect(errors?.map(({ field }) => field)).toEqual(["file"]);
  });

  it("refuses an empty file", async () => {
    expect(read_problem(await upload("")).code).toBe("empty_file");
  });

  it("refuses a body that is no form", async () => {
    const event = json_event({ file: "a" }, { username: "ann" });
    expect(read_problem(await handler(event, lambda_context())).code).toBe("unsupported_media_type");
  });

  it("refuses a request without a user", async () => {
    expect(read_problem(await upload(plain(tiny_png()), "a.png", { username: "" })).code).toBe(
      "unauthenticated",
    );
  });

  it.each([
    ["a user that Cognito does not allow", "a b"],
    ["a user that is too long", "x".repeat(129)],
  ])("stores nothing for %s", async (_, username) => {
    const before = await keys();
    expect(
      read_problem(await upload(plain(tiny_png()), "a.png", { username })).status,
    ).toBeGreaterThanOrEqual(500);
    expect(await keys()).toEqual(before);
  });

  it("says that the storage is not available, and why in the log alone", async () => {
    const server = await scripted_server(() => s3_error(503, "SlowDown"));
    const failing = { s3: client_for(server.url, { maxAttempts: 1 }), bucket: BUCKET };
    const form = new FormData();
    form.set("file", new File([plain(tiny_png())], "canary.png"));
    const answer = await pipeline(multipart_body({ field: "file" }), upload_single_photo(failing))(
      await form_event(form, { username: "ann" }),
      lambda_context(),
    );
    await server.close();
    expect(read_problem(answer)).toMatchObject({ status: 503, code: "storage_unavailable" });
    expect(answer.headers["Retry-After"]).toBe("2");
    expect(JSON.stringify(answer)).not.toContain("SlowDown");
    expect(output().records()).toMatchObject([
      { level: "ERROR", error: { cause: { name: "SlowDown", aws_status: 503 } } },
      { level: "INFO", status: 503 },
    ]);
    expect(output().text()).not.toContain("canary");
  });
});
