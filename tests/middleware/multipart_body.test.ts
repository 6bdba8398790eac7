import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type EncodedPart,
  encode_form,
  file_part,
  form_data,
  send_form,
  text_part,
  upload_event,
  upload_handler,
} from "./multipart_forms.ts";

const send = (parts: readonly EncodedPart[], field?: string) =>
  send_form({ content_type: form_data(), body: encode_form(parts) }, field);

describe("multipart_body", () => {
  it("gives the file of the field", async () => {
    expect(await send([text_part("note", "hello"), file_part("photo"), text_part("file_size", "5")])).toEqual(
      {
        name: "photo.jpg",
        declared_type: "image/jpeg",
        bytes: Buffer.from("photo"),
      },
    );
  });

  it("gives every byte as it was", async () => {
    const bytes = Buffer.from(Uint8Array.from({ length: 65_536 }, (_, index) => index + (index >> 8)));
    expect((await send([file_part(bytes)])).bytes).toEqual(bytes);
  });

  it("gives every byte of a file without a file name and a type", async () => {
    const bytes = Buffer.from(Uint8Array.from({ length: 256 }, (_, index) => index));
    const headers = ['Content-Disposition: form-data; name="archive"'];

    expect(await send([{ headers, content: bytes }], "archive")).toEqual({
      name: "",
      declared_type: undefined,
      bytes,
    });
  });

  it("takes a file of 4.5 MB", async () => {
    const bytes = Buffer.alloc(4_500_000, "\r\n--photo");
    expect((await send([text_part("note", "x".repeat(100_000)), file_part(bytes)])).bytes.equals(bytes)).toBe(
      true,
    );
  });

  it.each(["abc", "a.b_c'd", "----=_Part:1", "(a b)+c,d/e=f?", "a".repeat(70), "-", "--"])(
    "takes the quoted boundary %s",
    async (boundary) => {
      const body = encode_form([file_part("photo")], boundary);
      const { bytes } = await send_form({ content_type: form_data(`"${boundary}"`), body });
      expect(bytes.toString()).toBe("photo");
    },
  );

  it("does not mind a file input in which nothing was chosen", async () => {
    const unused = file_part("", 'form-data; name="other"; filename=""');
    expect((await send([unused, file_part("photo")])).bytes.toString()).toBe("photo");
  });

  it.each([
    ["no fields", [], "missing_file", "no fields"],
    ["text only", [text_part("note", "hello")], "missing_file", '"note"'],
    [
      "the file in another field",
      [file_part("x", 'form-data; name="photo"; filename="a"')],
      "missing_file",
      '"photo"',
    ],
    [
      "the file in file[]",
      [file_part("x", 'form-data; name="file[]"; filename="a"')],
      "missing_file",
      '"file[]"',
    ],
    ["two files", [file_part("a"), file_part("b")], "too_many_files", "one file"],
    [
      "a file and a text of that name",
      [file_part("a"), text_part("file", "b")],
      "too_many_files",
      "one file",
    ],
    [
      "a file in another field",
      [file_part("a"), file_part("b", 'form-data; name="other"; filename="b.jpg"')],
      "too_many_files",
      "one file",
    ],
    [
      "a nameless image in another field",
      [file_part("a"), file_part("b", 'form-data; name="other"')],
      "too_many_files",
      "one file",
    ],
    ["an empty file", [file_part("")], "empty_file", "no bytes"],
    ["no file chosen", [file_part("", 'form-data; name="file"; filename=""')], "empty_file", "no bytes"],
  ])("refuses a form with %s", async (_, parts, code, detail) => {
    await expect(send(parts)).rejects.toMatchObject({
      code,
      statusCode: 400,
      message: expect.stringContaining(detail),
      details: { errors: [expect.objectContaining({ field: expect.any(String) })] },
    });
  });

  it("answers the next request after one that was refused", async () => {
    const upload = upload_handler();
    const event = (body: Buffer) => upload_event({ content_type: form_data(), body });
    const form = encode_form([file_part("photo")]);

    await expect(upload(event(form.subarray(0, -6)))).rejects.toMatchObject({ code: "malformed_multipart" });
    expect((await upload(event(form))).bytes.toString()).toBe("photo");
  });
});

/** Each way in which clients write a file name, and the names that it can carry unchanged. */
const NOTATIONS = {
  /** Browsers, undici, curl since 7.81; a backslash stands for itself, and so do other percent signs. */
  browser: {
    encode: (name: string) =>
      `filename="${name.replaceAll("\n", "%0A").replaceAll("\r", "%0D").replaceAll('"', "%22")}"`,
    carries: (name: string) => !/[^\P{Cc}\t\r\n]|%22|%0A|%0D|\\["\\]|\\$/u.test(name),
  },
  /** RFC 9110 quoted-string; curl --form-escape. */
  quoted: {
    encode: (name: string) => `filename="${name.replace(/["\\]/g, "\\$&")}"`,
    carries: (name: string) => !/[^\P{Cc}\t]|%22|%0A|%0D/u.test(name),
  },
  /** RFC 8187. */
  extended: {
    encode: (name: string) => `filename*=UTF-8''${encodeURIComponent(name)}`,
    carries: (name: string) => !/[\r\n]/.test(name),
  },
};

const filename = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 40 }),
  fc.string({ unit: "binary", maxLength: 20 }),
  fc.string({
    unit: fc.constantFrom("a", '"', "\\", "%", "2", "\r", "\n", ";", "=", "'", " ", "ü"),
    maxLength: 12,
  }),
);

/** Bytes that look like the structure of a form, among others. */
const content = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc.array(fc.constantFrom(13, 10, 45, 97), { maxLength: 40 }).map((bytes) => Uint8Array.from(bytes)),
);

const boundary = fc.stringMatching(/^[0-9A-Za-z'()+_,\-./:=? ]{11,40}[0-9A-Za-z'()+_,\-./:=?]$/);

describe.each(Object.entries(NOTATIONS))(
  "a form that is encoded by the book, with %s file names",
  (_, notation) => {
    it("comes back byte for byte and name for name", async () => {
      await fc.assert(
        fc.asyncProperty(
          filename.filter(notation.carries),
          content.filter(({ length }) => length > 0),
          fc.array(fc.tuple(fc.stringMatching(/^[A-Za-z0-9 ._-]{1,20}$/), content), { maxLength: 5 }),
          fc.nat(),
          boundary,
          async (name, bytes, texts, at, delimiter) => {
            const parts = texts.map(
              ([field, text], index): EncodedPart => ({
                ...text_part(`t${index}${field}`, ""),
                content: text,
              }),
            );
            parts.splice(
              at % (parts.length + 1),
              0,
              file_part(bytes, `form-data; name="file"; ${notation.encode(name)}`),
            );
            const body = encode_form(parts, delimiter);
            fc.pre(body.toString("latin1").split(`--${delimiter}`).length === parts.length + 2);

            expect(await send_form({ content_type: form_data(`"${delimiter}"`), body })).toEqual({
              name,
              declared_type: "image/jpeg",
              bytes: Buffer.from(bytes),
            });
          },
        ),
        { numRuns: 300 },
      );
    });
  },
);
