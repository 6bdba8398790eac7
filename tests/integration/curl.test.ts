/** The six endpoints with curl, as the README shows them, and the forms that only curl writes. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { zipSync } from "fflate";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { delete_response } from "../../schemas/delete.ts";
import { list_response } from "../../schemas/list.ts";
import { login_response } from "../../schemas/login.ts";
import { unzip_response } from "../../schemas/unzip.ts";
import { upload_single_photo_response } from "../../schemas/upload_single_photo.ts";
import { fixture_photo, jpeg_of } from "../support/fixture_photos.ts";
import { announce_missing_curl, curl_is_here, run_curl } from "./curl.ts";
import { closing, file } from "./forms.ts";
import { DEMO_USER } from "./session.ts";
import { crashes, start_test_stack, type TestStack } from "./stack.ts";

announce_missing_curl("tests/integration/curl.test.ts");

describe.runIf(curl_is_here)("curl", () => {
  let stack: TestStack;
  let folder: string;
  let token: string;
  const photo = jpeg_of(70_000);

  beforeAll(async () => {
    // One photo is sent in many ways.
    stack = await start_test_stack({ config: { detect_duplicates: false } });
    folder = await mkdtemp(join(tmpdir(), "photo-uploader-curl-"));
    await writeFile(join(folder, "photo.jpg"), photo);
    token = (await json(login_response, "/login", ...login_options)).jwt;
  });
  afterAll(async () => {
    await stack.close();
    await rm(folder, { recursive: true });
  });

  const login_options = ["-H", "Content-Type: application/json", "-d", JSON.stringify(DEMO_USER)];

  /** The status as curl saw it, and the body. */
  async function curl(path: string, ...options: string[]): Promise<{ status: number; body: Buffer }> {
    const output = join(folder, "answer");
    await writeFile(output, "");
    const url = path.startsWith("http") ? path : stack.url + path;
    const status = await run_curl(["-o", output, "-w", "%{http_code}", ...options, url], folder);
    return { status: Number(status.toString()), body: await readFile(output) };
  }

  async function json<Schema extends z.core.$ZodType>(
    schema: Schema,
    path: string,
    ...options: string[]
  ): Promise<z.output<Schema>> {
    const { body } = await curl(path, ...options);
    return z.parse(schema, JSON.parse(body.toString()));
  }

  const own = (...options: string[]): string[] => ["-H", `JWT: ${token}`, ...options];
  const as_json = (body: object): string[] =>
    own("-H", "Content-Type: application/json", "-d", JSON.stringify(body));

  it("signs in", async () => {
    expect(await json(login_response, "/login", ...login_options)).toMatchObject({
      credentials: DEMO_USER.username,
    });
  });

  it("uploads, lists, downloads and deletes a photo", async () => {
    const uploaded = await json(
      upload_single_photo_response,
      "/upload_single_photo",
      ...own("-F", "file=@photo.jpg"),
    );
    expect(uploaded).toMatchObject({ name: "photo.jpg", size: photo.byteLength, contentType: "image/jpeg" });
    const { filename } = uploaded;

    const listed = await json(list_response, "/list", ...own("-X", "POST"));
    expect(listed.photos.map((found) => found.filename)).toContain(filename);
    expect((await json(list_response, "/list", ...as_json({ limit: 1 }))).photos).toHaveLength(1);

    expect((await curl("/download", ...as_json({ filename }))).body.equals(photo)).toBe(true);
    expect(await json(delete_response, "/delete", ...as_json({ file: filename }))).toEqual({
      deleted: filename,
    });
    expect((await curl("/download", ...as_json({ filename }))).status).toBe(404);
  });

  it("saves a photo under its own name with -OJ", async () => {
    await writeFile(join(folder, "my photo.jpg"), photo);
    const { filename } = await json(
      upload_single_photo_response,
      "/upload_single_photo",
      ...own("-F", "file=@my photo.jpg"),
    );
    const there = join(folder, "saved");
    const args = [
      ...as_json({ filename }),
      "--create-dirs",
      "--output-dir",
      there,
      "-OJ",
      `${stack.url}/download`,
    ];
    await run_curl(args, folder);
    expect((await readFile(join(there, "my photo.jpg"))).equals(photo)).toBe(true);
  });

  it("unpacks an archive", async () => {
    const bytes = await fixture_photo("jpeg_60k_baseline.jpg");
    await writeFile(join(folder, "photos.zip"), zipSync({ "a/b.jpg": bytes, "notes.txt": Buffer.from("x") }));
    const answer = await json(unzip_response, "/unzip", ...own("-F", "archive=@photos.zip"));
    expect(answer).toMatchObject({
      uploaded: [{ name: "a/b.jpg", size: bytes.byteLength }],
      skipped: [{ name: "notes.txt", reason: "not_an_image" }],
      failed: [],
    });
    const { body } = await curl("/download", ...as_json({ filename: answer.uploaded[0]?.filename }));
    expect(body.equals(bytes)).toBe(true);
  });

  it.each([
    ["été \u{1f4f7} 日本.jpg", 'file=@"été \u{1f4f7} 日本.jpg"', []],
    ['a"b.jpg', 'file=@"a\\"b.jpg"', []],
    ['a"b.jpg', 'file=@"a\\"b.jpg"', ["--form-escape"]],
    ["a; b=c.jpg", 'file=@"a; b=c.jpg"', []],
  ])("uploads a file named %s with -F %s %j", async (name, form, more) => {
    await writeFile(join(folder, name), photo);
    const answer = await json(
      upload_single_photo_response,
      "/upload_single_photo",
      ...own(...more, "-F", form),
    );
    expect(answer.name).toBe(name);
  });

  it.each([
    ["a quoted boundary", "a.b_c'd:e f", "x.jpg", 'filename="x.jpg"'],
    [
      "a name as of RFC 5987",
      "b",
      "€ rates.jpg",
      "filename=\"x.jpg\"; filename*=UTF-8''%e2%82%ac%20rates.jpg",
    ],
    ["a unicode name", "b", "naïve 日本.jpg", 'filename="naïve 日本.jpg"'],
  ])("uploads a form made by hand with %s", async (_about, boundary, name, parameters) => {
    const body = Buffer.concat([file(photo, `name="file"; ${parameters}`, boundary), closing(boundary)]);
    await writeFile(join(folder, "form"), body);
    const type = `Content-Type: multipart/form-data; boundary="${boundary}"`;
    const answer = await json(
      upload_single_photo_response,
      "/upload_single_photo",
      ...own("-H", type, "--data-binary", "@form"),
    );
    expect(answer).toMatchObject({ name, size: photo.byteLength });
    expect((await curl("/download", ...as_json({ filename: answer.filename }))).body.equals(photo)).toBe(
      true,
    );
  });

  it("sends a form of unknown length, in chunks", async () => {
    const options = own("-H", "Transfer-Encoding: chunked", "-F", "file=@photo.jpg");
    expect((await curl("/upload_single_photo", ...options)).status).toBe(201);
  });

  it("is told without delay that a file is too large, before it has sent it", async () => {
    await writeFile(join(folder, "huge.jpg"), jpeg_of(11_000_000));
    const options = own("-H", "Expect: 100-continue", "-F", "file=@huge.jpg");
    const { status, body } = await curl("/upload_single_photo", ...options);
    expect({ status, body: body.toString() }).toEqual({
      status: 413,
      body: '{"message":"Request Too Long"}',
    });
  });

  it("is told that its text is no photo, and who it is not", async () => {
    await writeFile(join(folder, "notes.jpg"), "no photo");
    expect((await curl("/upload_single_photo", ...own("-F", "file=@notes.jpg"))).status).toBe(415);
    expect((await curl("/upload_single_photo", "-F", "file=@photo.jpg")).status).toBe(401);
    expect((await curl("/list", "-H", "JWT: garbage", "-X", "POST")).status).toBe(403);
    expect((await curl("/list", ...own())).status).toBe(404);
  });

  it("has ended no sandbox", () => {
    expect(crashes(stack)).toEqual([]);
  });
});
