/** Forms as real clients write them: the FormData of Node, and curl. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { announce_missing_curl, curl_is_here, run_curl } from "../integration/curl.ts";
import { encode_form, file_part, type SentForm, send_form, text_part } from "./multipart_forms.ts";

announce_missing_curl("tests/middleware/multipart_clients.test.ts");

const BYTES = Buffer.from(Uint8Array.from({ length: 1_024 }, (_, index) => index));

describe("FormData", () => {
  async function encode(form: FormData): Promise<SentForm> {
    const response = new Response(form);
    return {
      content_type: response.headers.get("content-type") ?? "",
      body: Buffer.from(await response.arrayBuffer()),
    };
  }

  it.each([
    "photo.jpg",
    'a "quoted" name.jpg',
    "two\r\nlines.jpg",
    "C:\\fakepath\\x.jpg",
    "../../x.jpg",
    "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467} été 日本.jpg",
    "100 %; a=b, 'c'.jpg",
    `${"long".repeat(125)}.jpg`,
    "",
  ])("uploads a file named %j", async (name) => {
    const form = new FormData();
    form.append("note", "before\r\nthe file");
    form.append("file", new File([BYTES], name, { type: "image/jpeg" }));
    form.append("note", "after");

    expect(await send_form(await encode(form))).toEqual({ name, declared_type: "image/jpeg", bytes: BYTES });
  });

  it("uploads a Blob, which is then named blob", async () => {
    const form = new FormData();
    form.append("file", new Blob([BYTES]));

    expect(await send_form(await encode(form))).toEqual({
      name: "blob",
      declared_type: "application/octet-stream",
      bytes: BYTES,
    });
  });

  it("uploads any bytes under any name that it writes unambiguously", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc
          .string({ unit: "grapheme", maxLength: 60 })
          .filter((name) => !/%22|%0A|%0D|\\["\\]|\\$/.test(name)),
        fc.uint8Array({ minLength: 1, maxLength: 2_000 }),
        async (name, bytes) => {
          const form = new FormData();
          form.append("file", new File([bytes], name, { type: "image/png" }));
          const file = await send_form(await encode(form));
          expect(file).toEqual({ name, declared_type: "image/png", bytes: Buffer.from(bytes) });
        },
      ),
    );
  });

  it("is told when it holds nothing", async () => {
    await expect(send_form(await encode(new FormData()))).rejects.toMatchObject({ code: "missing_file" });
  });
});

describe.runIf(curl_is_here)("curl", () => {
  const received: SentForm[] = [];
  const server = createServer(async (request, response) => {
    received.push({
      content_type: request.headers["content-type"] ?? "",
      body: await buffer(request),
    });
    response.end();
  });
  let folder = "";
  let url = "";

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "multipart-clients-"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("The server has no port.");
    url = `http://127.0.0.1:${address.port}/`;
  });

  afterAll(async () => {
    await new Promise((resolve) => server.close(resolve));
    await rm(folder, { recursive: true });
  });

  /** What curl sends when it is started in the folder of the files. */
  async function curl(...options: string[]): Promise<SentForm> {
    await run_curl(["--fail", ...options, url], folder);
    const form = received.pop();
    if (form === undefined) throw new Error("curl sent nothing.");
    return form;
  }

  it.each([
    ["photo.jpg", 'file=@"photo.jpg"', []],
    ["été \u{1f4f7} 日本.jpg", 'file=@"été \u{1f4f7} 日本.jpg"', []],
    ['a"b.jpg', 'file=@"a\\"b.jpg"', []],
    ['a"b.jpg', 'file=@"a\\"b.jpg"', ["--form-escape"]],
    ["a; b=c.jpg", 'file=@"a; b=c.jpg"', []],
  ])("uploads a file named %s with -F %s %j", async (name, option, more) => {
    await writeFile(join(folder, name), BYTES);
    const form = await curl(...more, "-F", "note=hello", "-F", `${option};type=image/jpeg`);

    expect(await send_form(form)).toEqual({ name, declared_type: "image/jpeg", bytes: BYTES });
  });

  it("uploads a file without its name", async () => {
    await writeFile(join(folder, "photo.jpg"), BYTES);

    expect(await send_form(await curl("-F", "file=<photo.jpg;type=image/jpeg"))).toEqual({
      name: "",
      declared_type: "image/jpeg",
      bytes: BYTES,
    });
  });

  it("uploads with a header of the part and a parameter of the content type added", async () => {
    await writeFile(join(folder, "photo.jpg"), BYTES);
    const form = await curl(
      "-H",
      "Content-Type: multipart/form-data; charset=utf-8",
      "-F",
      'file=@photo.jpg;filename="\u{1f600}.jpg";headers="X-Camera: none"',
    );

    expect(form.content_type).toContain("charset=utf-8");
    expect(await send_form(form)).toMatchObject({ name: "\u{1f600}.jpg", bytes: BYTES });
  });

  it("uploads a form made by hand with a quoted boundary and a name as of RFC 8187", async () => {
    const boundary = "a.b_c'd:e f";
    const part = file_part(
      BYTES,
      'form-data; name="file"; filename="x.jpg"; filename*=UTF-8\'\'%E2%82%AC.jpg',
    );
    await writeFile(join(folder, "form"), encode_form([text_part("note", "hello"), part], boundary));
    const form = await curl(
      "-H",
      `Content-Type: multipart/form-data; boundary="${boundary}"`,
      "--data-binary",
      "@form",
    );

    expect(await send_form(form)).toMatchObject({ name: "€.jpg", bytes: BYTES });
  });

  it("is told of the encoding that it was asked for", async () => {
    await writeFile(join(folder, "photo.jpg"), BYTES);
    await expect(send_form(await curl("-F", "file=@photo.jpg;encoder=base64"))).rejects.toMatchObject({
      code: "malformed_multipart",
      message: expect.stringContaining("Content-Transfer-Encoding"),
    });
  });

  it("is told of two files", async () => {
    await writeFile(join(folder, "photo.jpg"), BYTES);
    const form = await curl("-F", "file=@photo.jpg", "-F", "file=@photo.jpg");
    await expect(send_form(form)).rejects.toMatchObject({ code: "too_many_files" });
  });
});
