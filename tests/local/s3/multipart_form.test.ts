import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Form, read_form } from "../../../local/s3/multipart_form.ts";
import { cut } from "./cut.ts";

const BOUNDARY = "----x'y";

function part(disposition: string, content: Buffer | string): Buffer {
  return Buffer.concat([
    Buffer.from(`--${BOUNDARY}\r\nContent-Disposition: form-data; ${disposition}\r\n\r\n`),
    Buffer.from(content),
    Buffer.from("\r\n"),
  ]);
}

function form(...parts: Buffer[]): Buffer {
  return Buffer.concat([...parts, Buffer.from(`--${BOUNDARY}--\r\n`)]);
}

const read = (body: Buffer, sizes: readonly number[] = []): Promise<Form> =>
  read_form(cut(body, sizes), `multipart/form-data; boundary="${BOUNDARY}"`);

async function read_whole(
  body: Buffer,
  sizes: readonly number[] = [],
): Promise<Omit<Form, "file"> & { file: Buffer }> {
  const { file, ...rest } = await read(body, sizes);
  const pieces: Buffer[] = [];
  for await (const piece of file) pieces.push(piece);
  return { ...rest, file: Buffer.concat(pieces) };
}

describe("a form", () => {
  it("gives back its fields and its file, whatever their bytes and however they are cut", async () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 50 }).map((array) => Buffer.from(array)),
      fc
        .constantFrom(`\r\n--${BOUNDARY.slice(0, -1)}`, "\r\n--", "--", "\r")
        .map((text) => Buffer.from(text)),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(bytes), fc.string(), fc.array(fc.nat(20)), async (content, value, sizes) => {
        const file = Buffer.concat(content);
        // A client chooses a boundary that its file does not hold.
        fc.pre(!file.includes(`\r\n--${BOUNDARY}`));
        const body = form(part('name="Key"', value), part('name="file"; filename="a.png"', file));
        const read = await read_whole(body, sizes);
        expect([...read.fields]).toEqual([["key", value]]);
        expect(read.file.equals(file)).toBe(true);
      }),
    );
  });

  it.each([
    ['filename="é 😀.png"', "é 😀.png"],
    ['filename="C:\\fakepath\\x.png"', "x.png"],
    ['filename="../../x.png"', "x.png"],
    ['filename="a\\"b.png"', 'a"b.png'],
    ["filename=plain.png", "plain.png"],
    ['filename=""', ""],
  ])("names its file by %s", async (parameter, filename) => {
    const body = form(part(`name="file"; ${parameter}`, "x"));
    expect((await read_whole(body)).filename).toBe(filename);
  });

  it("may say more after the file, which is passed over", async () => {
    const body = form(part('name="file"; filename="a"', "x"), part('name="submit"', "Upload"));
    expect((await read_whole(body)).file.toString()).toBe("x");
  });

  it.each<[string, Buffer, string]>([
    ["without a file", form(part('name="key"', "a")), "InvalidArgument"],
    ["with a field twice", form(part('name="a"', "1"), part('name="A"', "2")), "InvalidArgument"],
    ["with a part without a name", form(part("x=y", "a")), "MalformedPOSTRequest"],
    ["that is not closed", part('name="file"; filename="a"', "x"), "MalformedPOSTRequest"],
    ["cut within the file", form(part('name="file"', "abc")).subarray(0, -20), "MalformedPOSTRequest"],
    ["with junk behind a boundary", Buffer.from(`--${BOUNDARY}junk\r\n\r\n`), "MalformedPOSTRequest"],
    ["without a boundary", Buffer.from("hello"), "MalformedPOSTRequest"],
    ["with a header that goes on", form(part(`name="${"x".repeat(5000)}"`, "")), "MalformedPOSTRequest"],
    ["with a field that is not UTF-8", form(part('name="a"', Buffer.of(0xff))), "MalformedPOSTRequest"],
    [
      "with more than 20 KB of fields",
      form(part('name="a"', "x".repeat(21_000))),
      "MaxPostPreDataLengthExceeded",
    ],
  ])("%s is refused", async (_, body, code) => {
    await expect(read_whole(body)).rejects.toHaveProperty("code", code);
  });

  it.each([
    "multipart/form-data",
    "multipart/form-data; boundary=",
    `multipart/form-data; boundary=${"x".repeat(71)}`,
  ])("of type %s is refused", async (type) => {
    await expect(read_form(cut(form(), []), type)).rejects.toHaveProperty("code", "MalformedPOSTRequest");
  });
});
