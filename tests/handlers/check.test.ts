import { afterAll, describe, expect, it } from "vitest";
import { checksum_key } from "../../layer/checksum_keys.ts";
import { photo_key } from "../../layer/photo_keys.ts";
import { sha256_of } from "../../layer/sha256.ts";
import { check_response } from "../../schemas/check.ts";
import { put_photo } from "../../storage/photo_store.ts";
import { read_answer, read_problem } from "../support/answers.ts";
import { jpeg_of } from "../support/fixture_photos.ts";
import { json_event, lambda_context } from "../support/http_event.ts";
import { function_environment, start_photo_storage } from "../support/photo_storage.ts";
import { quiet } from "../support/quiet.ts";

const { url, store, put, close } = await start_photo_storage();
Object.assign(process.env, function_environment(url));
const { check, handler } = await import("../../handlers/check.ts");

quiet();
afterAll(close);

const { signal } = new AbortController();
const finding = { ...store, finds_duplicates: true };

const asked = (bytes: Uint8Array, more: object = {}) => ({
  name: "a.jpg",
  size: bytes.byteLength,
  checksum: sha256_of(bytes),
  ...more,
});

const ask = async (username: string, ...photos: object[]) =>
  handler(json_event({ photos }, { username }), lambda_context());

const stored = (user: string, bytes: Buffer) =>
  put_photo(finding, user, { name: "b.jpg", bytes, content_type: "image/jpeg" }, signal);

describe("POST /check", () => {
  it("names those that are there, in the order of the request", async () => {
    const [known, unknown] = [jpeg_of(500, 1), jpeg_of(500, 2)];
    const { filename } = await stored("ann", known);
    const answer = read_answer(check_response, await ask("ann", asked(unknown), asked(known)));
    expect(answer.photos).toEqual([asked(unknown), { ...asked(known), duplicate: true, filename }]);
  });

  it("knows no photo of another user, of another size, or that has gone", async () => {
    const photo = jpeg_of(500, 3);
    const { filename } = await stored("bob", photo);
    const others = [asked(photo, { size: 501 })];
    expect(read_answer(check_response, await ask("bob", ...others)).photos).toEqual(others);
    expect(read_answer(check_response, await ask("cleo", asked(photo))).photos).toEqual([asked(photo)]);
    // Another one stands where the claim says that it is.
    await put(photo_key("bob", filename), photo);
    expect(read_answer(check_response, await ask("bob", asked(photo))).photos).toEqual([asked(photo)]);
  });

  it("knows nothing of a claim that cannot be read", async () => {
    const photo = jpeg_of(500, 4);
    await put(checksum_key("dora", sha256_of(photo)), "no claim");
    expect(read_answer(check_response, await ask("dora", asked(photo))).photos).toEqual([asked(photo)]);
  });

  it("asks S3 nothing where duplicates are not looked for", async () => {
    const photo = jpeg_of(500, 5);
    await stored("emil", photo);
    const request = { username: "emil", body: { photos: [asked(photo)] }, signal, deadline: 0 };
    const nothing = { s3: store.s3, bucket: "no-such-bucket", finds_duplicates: false };
    expect(await check(nothing)(request)).toEqual({ status: 200, body: { photos: [asked(photo)] } });
  });

  it.each([
    ["photos", []],
    ["photos.0.checksum", [asked(jpeg_of(500), { checksum: "x" })]],
    ["photos.0.size", [asked(jpeg_of(500), { size: -1 })]],
    ["photos.0.name", [asked(jpeg_of(500), { name: "" })]],
  ])("refuses a wrong %s", async (field, photos) => {
    const problem = read_problem(await ask("fred", ...photos));
    expect(problem).toMatchObject({ code: "invalid_request", errors: [{ field }] });
  });
});
