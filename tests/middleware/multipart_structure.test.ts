import { describe, expect, it } from "vitest";
import {
  FORM_LIMITS,
  parse_boundary,
  parse_multipart_structure,
} from "../../middleware/multipart_structure.ts";
import { BOUNDARY, encode_form, file_part, text_part } from "./multipart_forms.ts";

describe("parse_boundary", () => {
  it.each([
    ["plain", "multipart/form-data; boundary=abc", "abc"],
    ["quoted", 'multipart/form-data; boundary="abc"', "abc"],
    ["quoted with escapes", 'multipart/form-data; boundary="a\\"c"', undefined],
    ["no space after the semicolon", "multipart/form-data;boundary=abc", "abc"],
    ["tabs and spaces about the semicolon", "multipart/form-data \t;\t boundary=abc ", "abc"],
    ["capitals", "Multipart/FORM-Data; BOUNDARY=aBc", "aBc"],
    ["other parameters", 'multipart/form-data; charset="utf-8"; boundary=abc; x=y', "abc"],
    ["empty parameters", "multipart/form-data;; boundary=abc;", "abc"],
    ["a dot, an underscore and a quote", "multipart/form-data; boundary=a.b_c'd", "a.b_c'd"],
    ["every sign, quoted", 'multipart/form-data; boundary="\'()+_,-./:=? a"', "'()+_,-./:=? a"],
    ["signs that ought to be quoted", "multipart/form-data; boundary=----=_Part:1/2", "----=_Part:1/2"],
    ["70 characters", `multipart/form-data; boundary=${"a".repeat(70)}`, "a".repeat(70)],
    ["71 characters", `multipart/form-data; boundary=${"a".repeat(71)}`, undefined],
    ["none", "multipart/form-data", undefined],
    ["an empty one", "multipart/form-data; boundary=", undefined],
    ["an empty one in quotes", 'multipart/form-data; boundary=""', undefined],
    ["a space at its end", 'multipart/form-data; boundary="a "', undefined],
    ["a character that no boundary has", 'multipart/form-data; boundary="a;b"', undefined],
    ["not ASCII", 'multipart/form-data; boundary="ä"', undefined],
    ["twice", "multipart/form-data; boundary=a; boundary=a", undefined],
    ["two headers joined", "multipart/form-data; boundary=a,multipart/form-data; boundary=b", undefined],
    ["a quote that is not closed", 'multipart/form-data; boundary="a', undefined],
    ["junk after the quotes", 'multipart/form-data; boundary="a"b', undefined],
  ])("%s: %s", (_, content_type, boundary) => {
    if (boundary === undefined) {
      expect(() => parse_boundary(content_type)).toThrow(
        expect.objectContaining({ code: "malformed_multipart", statusCode: 400 }),
      );
    } else {
      expect(parse_boundary(content_type)).toBe(boundary);
    }
  });

  it.each([
    undefined,
    "",
    "application/json",
    "multipart/mixed; boundary=a",
    "multipart/form-database; boundary=a",
  ])("does not support the type %s", (content_type) => {
    expect(() => parse_boundary(content_type)).toThrow(
      expect.objectContaining({ code: "unsupported_media_type", statusCode: 415 }),
    );
  });
});

describe("parse_multipart_structure", () => {
  const parse = (body: Buffer | string, boundary = BOUNDARY) =>
    parse_multipart_structure(Buffer.from(body), boundary);
  const photo = file_part("photo");

  it("gives the parts in the order of the body", () => {
    expect(parse(encode_form([text_part("note", "hello"), photo, text_part("note", "")]))).toEqual([
      { name: "note", filename: undefined, declared_type: undefined, size: 5 },
      { name: "file", filename: "photo.jpg", declared_type: "image/jpeg", size: 5 },
      { name: "note", filename: undefined, declared_type: undefined, size: 0 },
    ]);
  });

  it("takes a form without parts for one", () => {
    expect(parse(`--${BOUNDARY}--\r\n`)).toEqual([]);
  });

  const whole = encode_form([photo]).toString();
  it.each([
    ["no line end after the closing boundary", whole.slice(0, -2)],
    ["a line end before the first boundary", `\r\n${whole}`],
    ["a preamble", `This is a form.\r\n${whole}`],
    ["an epilogue", `${whole}This was a form.`],
    ["space after the closing boundary", `${whole.slice(0, -2)} \t\r\n`],
  ])("takes a form with %s", (_, body) => {
    expect(parse(body)).toEqual([
      { name: "file", filename: "photo.jpg", declared_type: "image/jpeg", size: 5 },
    ]);
  });

  it.each([
    ["the boundary within a line", `a--${BOUNDARY}\r\nb`],
    ["the boundary after a bare LF", `a\n--${BOUNDARY}\nb`],
    ["the boundary after a bare CR", `a\r--${BOUNDARY}\r\nb`],
    ["all of the boundary but its last character", `a\r\n--${BOUNDARY.slice(0, -1)}\r\nb`],
    ["the boundary with one hyphen", `a\r\n-${BOUNDARY}\r\nb`],
    ["line ends and hyphens only", "\r\n\r\n--\r\n----\r\n--"],
    ["headers", "\r\nContent-Disposition: form-data; name=x\r\n\r\n"],
  ])("is not misled by content with %s", (_, content) => {
    expect(parse(encode_form([file_part(content)]))).toMatchObject([{ size: content.length }]);
  });

  it.each([
    ['form-data; name="file"; filename="a.jpg"', "a.jpg"],
    ["form-data; name=file; filename=a.jpg", "a.jpg"],
    ['Form-Data ;NAME="file";\tFileName="a.jpg";', "a.jpg"],
    ['form-data; filename="a.jpg"; name="file"', "a.jpg"],
    ['form-data; name="file"; filename=""', ""],
    ['form-data; name="file"', undefined],
    ['form-data; name="file"; filename="a;b=c, d.jpg"', "a;b=c, d.jpg"],
    ['form-data; name="file"; filename="a%22b%0D%0A%2541.jpg"', 'a"b\r\n%2541.jpg'],
    ['form-data; name="file"; filename="a\\"b\\\\c.jpg"', 'a"b\\c.jpg'],
    ['form-data; name="file"; filename="C:\\fakepath\\x.jpg"', "C:\\fakepath\\x.jpg"],
    ['form-data; name="file"; filename="../../x.jpg"', "../../x.jpg"],
    ['form-data; name="file"; filename="\u{1f4f7} Zoë \u{202e}.jpg"', "\u{1f4f7} Zoë \u{202e}.jpg"],
    [`form-data; name="file"; filename="${"ü".repeat(500)}"`, "ü".repeat(500)],
    ["form-data; name=\"file\"; filename*=UTF-8''%e2%82%ac%20rates%00.jpg", "€ rates\0.jpg"],
    ["form-data; name=\"file\"; filename*=utf-8'en-GB'it's.jpg", "it's.jpg"],
    ['form-data; name="file"; filename="euro.jpg"; filename*=UTF-8\'\'%E2%82%AC.jpg', "€.jpg"],
    ['form-data; name="file"; filename*=UTF-8\'\'%E2%82%AC.jpg; filename="euro.jpg"', "€.jpg"],
    ['form-data; name="file"; size=3; filename="a.jpg"', "a.jpg"],
  ])("reads %s", (disposition, filename) => {
    expect(parse(encode_form([file_part("x", disposition)]))).toMatchObject([{ name: "file", filename }]);
  });

  it.each([
    ["another disposition", 'attachment; name="file"', "needs the header"],
    ["no name", 'form-data; filename="a.jpg"', "has no name"],
    ["an empty name", 'form-data; name=""', "has no name"],
    ["only name*", "form-data; name*=UTF-8''file", "has no name"],
    ["name* beside name", "form-data; name=\"file\"; name*=UTF-8''other", "has no name"],
    [
      "a long name",
      `form-data; name="${"n".repeat(FORM_LIMITS.name_length + 1)}"`,
      "more than 100 characters",
    ],
    ["two names", 'form-data; name="file"; name="other"', "name more than once"],
    ["two file names", 'form-data; name="file"; filename="a"; filename="b"', "filename more than once"],
    ["an open quote", 'form-data; name="file"; filename="a.jpg', "cannot be read"],
    ["an escaped last quote", 'form-data; name="file"; filename="a\\"', "cannot be read"],
    ["an unquoted space", 'form-data; name="file"; filename=a b.jpg', "cannot be read"],
    ["junk after the quotes", 'form-data; name="file"x; filename="a.jpg"', "cannot be read"],
    ["a continued file name", 'form-data; name="file"; filename*0="a"', "cannot be read"],
    ["filename* without a charset", 'form-data; name="file"; filename*=a.jpg', "RFC 8187"],
    ["filename* in another charset", "form-data; name=\"file\"; filename*=iso-8859-1''%e4.jpg", "RFC 8187"],
    ["filename* that is not UTF-8", "form-data; name=\"file\"; filename*=UTF-8''%e4.jpg", "RFC 8187"],
    ["filename* with a stray %", "form-data; name=\"file\"; filename*=UTF-8''100%.jpg", "RFC 8187"],
    ["filename* with a line end", "form-data; name=\"file\"; filename*=UTF-8''a%0D%0Ab.jpg", "RFC 8187"],
    [
      "a raw CR and LF in a file name",
      'form-data; name="file"; filename="a\r\nb.jpg"',
      "without control characters",
    ],
    ["a raw header in a file name", 'form-data; name="file"; filename="a\r\nX: b.jpg"', "cannot be read"],
    ["a raw LF in a file name", 'form-data; name="file"; filename="a\nb.jpg"', "without control characters"],
    ["a raw NUL in a file name", 'form-data; name="file"; filename="a\0b.jpg"', "without control characters"],
    ["a folded header", 'form-data;\r\n name="file"', "without control characters"],
    ["a forbidden name", 'form-data; name="__proto__"', "cannot be named __proto__"],
    [
      "a forbidden name with brackets",
      'form-data; name="constructor[prototype]"',
      "cannot be named constructor",
    ],
  ])("refuses %s", (_, disposition, detail) => {
    const body = encode_form([{ headers: [`Content-Disposition: ${disposition}`], content: "x" }]);
    expect(() => parse(body)).toThrow(
      expect.objectContaining({ code: "malformed_multipart", message: expect.stringContaining(detail) }),
    );
  });

  const named = (header: string) => ({
    headers: ['Content-Disposition: form-data; name="file"', header],
    content: "x",
  });
  const line = `--${BOUNDARY}`;
  it.each([
    ["no boundary in the body", "photo", "does not occur"],
    ["another boundary in the body", encode_form([photo], "other"), "does not occur"],
    ["no closing boundary", whole.slice(0, -(line.length + 4)), "cut short"],
    ["a closing boundary without its hyphens", whole.slice(0, -4), "cut short"],
    ["one hyphen of the closing boundary", whole.slice(0, -3), "cut short"],
    [
      "junk after a boundary inside a file",
      encode_form([file_part(`a\r\n${line}junk`)]),
      "does not end its line",
    ],
    ["space after a boundary", whole.replace("\r\n", " \r\n"), "does not end its line"],
    ["a bare LF after a boundary", whole.replace("\r\n", "\n"), "does not end its line"],
    ["the closing boundary inside a file", encode_form([file_part(`a\r\n${line}--b`)]), "more content"],
    ["a second form after the first", `${whole}${whole}`, "more content"],
    ["a boundary after the closing one", `${whole}\r\n${line}--`, "more content"],
    ["junk after the closing boundary", `${whole.slice(0, -2)}junk`, "more content"],
    ["a long epilogue", `${whole}${"x".repeat(FORM_LIMITS.ignored_bytes)}`, "after the closing boundary"],
    [
      "a long preamble",
      `${"x".repeat(FORM_LIMITS.ignored_bytes + 1)}\r\n${whole}`,
      "before the first boundary",
    ],
    ["a part before the first boundary", `x${whole}\r\n${whole}`, "before the first boundary"],
    ["a part without headers", encode_form([{ headers: [], content: "x" }]), "no headers"],
    ["an empty part", `${line}\r\n${whole}`, "no headers"],
    [
      "a part without an empty line",
      `${line}\r\nContent-Disposition: form-data; name="a"\r\n${line}--`,
      "no headers",
    ],
    [
      "a part that ends with its headers",
      `${line}\r\nContent-Disposition: form-data; name="a"\r\n\r\n${line}--`,
      "no headers",
    ],
    [
      "headers that are too long",
      encode_form([named(`X: ${"x".repeat(FORM_LIMITS.header_bytes)}`)]),
      "no headers",
    ],
    [
      "too many headers",
      encode_form([{ headers: Array(17).fill("X: y"), content: "" }]),
      "more than 16 headers",
    ],
    [
      "no Content-Disposition",
      encode_form([{ headers: ["Content-Type: image/jpeg"], content: "x" }]),
      "needs the header",
    ],
    ["a header without a colon", encode_form([named("junk")]), "Name: value"],
    ["a header without a name", encode_form([named(": junk")]), "Name: value"],
    ["space before the colon", encode_form([named("Content-Type : image/jpeg")]), "Name: value"],
    [
      "a header twice",
      encode_form([named('content-disposition: form-data; name="other"')]),
      "more than once",
    ],
    ["a file in base64", encode_form([named("Content-Transfer-Encoding: base64")]), "not decoded"],
    [
      "a file in quoted-printable",
      encode_form([named("content-transfer-encoding:Quoted-Printable")]),
      "not decoded",
    ],
    [
      "too many parts",
      encode_form(Array(FORM_LIMITS.parts + 1).fill(text_part("a", ""))),
      "more than 16 parts",
    ],
    ["a and then a[]", encode_form([text_part("a", "1"), text_part("a[]", "2")]), "clash"],
    ["a[] and then a", encode_form([text_part("a[]", "1"), text_part("a", "2")]), "clash"],
  ])("refuses a form with %s", (_, body, detail) => {
    expect(() => parse(Buffer.from(body))).toThrow(
      expect.objectContaining({ code: "malformed_multipart", message: expect.stringContaining(detail) }),
    );
  });

  it("takes several fields of one list", () => {
    expect(
      parse(encode_form([text_part("a[0]", "1"), text_part("a[1]", "2"), text_part("a[1]", "3")])),
    ).toHaveLength(3);
  });

  it("refuses file names that are not UTF-8", () => {
    const body = Buffer.from(whole.replace("photo.jpg", "ph\xf6to.jpg"), "latin1");
    expect(() => parse_multipart_structure(body, BOUNDARY)).toThrow("not UTF-8");
  });

  it("takes the transfer encodings that change nothing", () => {
    for (const encoding of ["7bit", "8BIT", "binary"]) {
      expect(parse(encode_form([named(`Content-Transfer-Encoding: ${encoding}`)]))).toHaveLength(1);
    }
  });

  it("refuses a form that is cut at any byte", () => {
    const body = encode_form([text_part("note", "hello"), photo]);
    // Without its last line end the form is still whole.
    for (let length = 0; length < body.length - 2; length += 1) {
      expect(() => parse(body.subarray(0, length)), `cut to ${length} bytes`).toThrow(
        expect.objectContaining({ code: "malformed_multipart" }),
      );
    }
  });
});
