/** Bad multipart forms, names that want to break out, and files that are no photos. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { upload_single_photo_response } from "../../schemas/upload_single_photo.ts";
import { jpeg_of } from "../support/fixture_photos.ts";
import { file_form, read, read_disposition, read_problem } from "./client.ts";
import { BOUNDARY, closing, content_type, disposition, field, file, part } from "./forms.ts";
import { new_session, type Session } from "./session.ts";
import { crashes, start_test_stack, type TestStack } from "./stack.ts";
import { type Storage, storage_of } from "./storage.ts";

const PHOTO = jpeg_of(1_000);

let stack: TestStack;
let session: Session;
let storage: Storage;
beforeAll(async () => {
  // One photo is sent in many ways.
  stack = await start_test_stack({ config: { detect_duplicates: false } });
  storage = storage_of(stack);
  session = await new_session(stack, "former");
});
afterAll(async () => {
  storage.close();
  await stack.close();
});

const form = (...parts: readonly Buffer[]): Buffer => Buffer.concat([...parts, closing()]);
const whole = form(file(PHOTO));

interface BadForm {
  readonly about: string;
  readonly body: Buffer;
  readonly type?: string;
  readonly status?: number;
  readonly code?: string;
  /** Part of what the answer says of it. */
  readonly detail?: RegExp;
  /** The field that the answer names. */
  readonly field?: string;
}

/** For the endpoint whose file is in `name`. */
const bad_forms = (name: string): readonly BadForm[] => {
  const own = `name="${name}"; filename="photo.jpg"`;
  const sent = (content: Uint8Array | string = PHOTO) => file(content, own);
  const media = { status: 415, code: "unsupported_media_type" };
  const missing = { code: "missing_file", field: name };
  return [
    { about: "no content type", body: whole, type: "", ...media },
    { about: "another content type", body: whole, type: "image/jpeg", ...media },
    {
      about: "a content type of text, which the gateway hands over as text",
      body: whole,
      type: "text/plain",
      ...media,
    },
    { about: "multipart/mixed", body: whole, type: `multipart/mixed; boundary=${BOUNDARY}`, ...media },
    { about: "no boundary", body: whole, type: "multipart/form-data", detail: /no boundary/ },
    {
      about: "an empty boundary",
      body: whole,
      type: "multipart/form-data; boundary=",
      detail: /Content-Type header/,
    },
    {
      about: "an empty quoted boundary",
      body: whole,
      type: 'multipart/form-data; boundary=""',
      detail: /boundary/,
    },
    { about: "an over-long boundary", body: whole, type: content_type("b".repeat(71)), detail: /boundary/ },
    { about: "another boundary", body: whole, type: content_type("another"), detail: /does not occur/ },
    { about: "no body", body: Buffer.alloc(0), detail: /empty/ },
    { about: "a body that is no form", body: Buffer.from("hello"), detail: /boundary/ },
    { about: "nothing but the closing boundary", body: closing(), ...missing },
    { about: "no closing boundary", body: sent(), detail: /closing boundary/ },
    { about: "a file cut short", body: form(sent()).subarray(0, 600), detail: /closing boundary/ },
    { about: "headers cut short", body: form(sent()).subarray(0, 60), detail: /closing boundary/ },
    {
      about: "a boundary cut short",
      body: form(sent()).subarray(0, -8),
      detail: /closing boundary|boundary/,
    },
    {
      about: "junk after a boundary inside the file",
      body: form(sent(`\xff\xd8\r\n--${BOUNDARY}junk\r\nrest`)),
      detail: /boundary/,
    },
    {
      about: "junk after the closing boundary",
      body: Buffer.concat([form(sent()), sent()]),
      detail: /closing boundary/,
    },
    { about: "a part without headers", body: form(part([], PHOTO)), detail: /no headers/ },
    {
      about: "a part that is empty",
      body: Buffer.concat([Buffer.from(`--${BOUNDARY}\r\n`), closing()]),
      detail: /headers/,
    },
    {
      about: "a part without a name",
      body: form(part(["Content-Disposition: form-data"], "x")),
      detail: /no name/,
    },
    {
      about: "a file without a name",
      body: form(part([disposition('filename="x.jpg"')], PHOTO)),
      detail: /no name/,
    },
    {
      about: "a part with an empty name",
      body: form(part([disposition('name=""')], "x")),
      detail: /no name/,
    },
    {
      about: "a part without a disposition",
      body: form(part(["Content-Type: image/jpeg"], PHOTO)),
      detail: /Content-Disposition/,
    },
    { about: "a header without a colon", body: form(part(["nonsense"], PHOTO)), detail: /header/ },
    { about: "a, then a[]", body: form(field("a", "1"), field("a[]", "2"), sent()), detail: /a\[\]/ },
    { about: "a[], then a", body: form(field("a[]", "1"), field("a", "2"), sent()), detail: /a\[\]/ },
    {
      about: "the file, then a list of its name",
      body: form(sent(), field(`${name}[]`, "x")),
      detail: /clashing/,
    },
    {
      about: "a field named __proto__",
      body: form(field("__proto__", "x"), sent()),
      detail: /__proto__/,
      field: "__proto__",
    },
    {
      about: "a field named __proto__[x]",
      body: form(field("__proto__[x]", "x"), sent()),
      detail: /__proto__/,
    },
    {
      about: "a field named constructor",
      body: form(field("constructor", "x"), sent()),
      detail: /constructor/,
    },
    { about: "no file", body: form(field("note", "x")), ...missing },
    {
      about: "the file in another field",
      body: form(file(PHOTO, 'name="photo"; filename="x.jpg"')),
      ...missing,
    },
    { about: "two files in the field", body: form(sent(), sent()), code: "too_many_files", field: name },
    {
      about: "a second file in another field",
      body: form(sent(), file(PHOTO, 'name="more"; filename="y.jpg"')),
      code: "too_many_files",
      field: "more",
    },
    { about: "an empty file", body: form(sent("")), code: "empty_file", field: name },
    {
      about: "a file in base64",
      body: form(part([disposition(own), "Content-Transfer-Encoding: base64"], PHOTO.toString("base64"))),
      detail: /Content-Transfer-Encoding/,
    },
    {
      about: "a raw line end in the file name",
      body: form(part([disposition(`name="${name}"; filename="a\r\nb.jpg"`)], PHOTO)),
      detail: /header/,
    },
    {
      about: "a raw NUL in the file name",
      body: form(file(PHOTO, `name="${name}"; filename="a\0b.jpg"`)),
      detail: /header/,
    },
    {
      about: "a file name that is not UTF-8",
      body: form(part([disposition(`name="${name}"; filename="`)], "")).fill(0xff, 80, 90),
      detail: /./,
    },
    {
      about: "a broken filename*",
      body: form(file(PHOTO, `name="${name}"; filename*=UTF-8''%E2%82`)),
      detail: /filename\*/,
      field: name,
    },
    {
      about: "more parts than anybody needs",
      body: form(...Array.from({ length: 2_000 }, (_, at) => field(`f${at}`, "")), sent()),
      detail: /parts/,
    },
  ];
};

describe.each([
  ["/upload_single_photo", "file"],
  ["/unzip", "archive"],
])("POST %s", (path, name) => {
  it.each(bad_forms(name))("with $about is refused and says why", async (bad) => {
    const before = await storage.keys();
    const type = bad.type ?? content_type();
    const answer = await session.post(path, bad.body, type === "" ? {} : { "content-type": type });
    const problem = read_problem(answer, bad.status ?? 400, bad.code ?? "malformed_multipart", bad.field);
    if (bad.detail !== undefined) expect(problem.detail).toMatch(bad.detail);
    expect(answer.bytes.byteLength).toBeLessThan(2_000);
    expect(await storage.keys()).toEqual(before);
  });

  it("lives on: no form has ended a sandbox, and the next good one passes", async () => {
    expect(crashes(stack)).toEqual([]);
    const answer = await session.post(path, file_form(name, PHOTO));
    expect(answer.status).toBe(path === "/unzip" ? 422 : 201);
  });
});

/** Sends a form as it is, and checks what no name may break. */
async function store(body: Buffer, type = content_type()): Promise<string> {
  const answer = await session.post("/upload_single_photo", body, { "content-type": type });
  const { filename, name } = read(answer, 201, upload_single_photo_response);
  const keys = await storage.keys();
  expect(keys).toContain(`${session.sub}/${filename}`);
  for (const key of keys) expect(key).toMatch(/^[0-9a-f-]{36}\/\d{8}T\d{9}Z_[^/\\\p{Cc}]+$/u);
  for (const key of keys) expect(Buffer.byteLength(key)).toBeLessThanOrEqual(1_024);

  const download = await session.download(filename);
  expect(download.bytes.equals(PHOTO)).toBe(true);
  const header = download.headers.get("content-disposition");
  expect(header).toMatch(/^[\x20-\x7e]+$/);
  expect(read_disposition(header)).toEqual({ type: "attachment", name });
  expect((await session.list()).photos).toContainEqual(expect.objectContaining({ filename, name }));
  expect((await session.delete(filename)).status).toBe(200);
  return name;
}

describe("a boundary", () => {
  it.each([
    ["quoted", "quoted", '"quoted"'],
    ["with a dot", "a.b", "a.b"],
    ["with an underscore", "a_b", "a_b"],
    ["with an apostrophe", "a'b", "a'b"],
    ["with all of them, quoted", "a.b_c'd", '"a.b_c\'d"'],
    ["with a colon and a space, quoted", "a:b c?d", '"a:b c?d"'],
    ["with an equals sign, unquoted", "a=b", "a=b"],
    ["of 70 characters", "b".repeat(70), "b".repeat(70)],
    ["of one", "b", "b"],
  ])("%s is taken", async (_about, boundary, written) => {
    const body = Buffer.concat([file(PHOTO, undefined, boundary), closing(boundary)]);
    expect(await store(body, `multipart/form-data; boundary=${written}`)).toBe("photo.jpg");
  });

  it("is taken with no space before it, in any case, with a parameter beside it", async () => {
    const body = Buffer.concat([file(PHOTO, undefined, "b"), closing("b")]);
    for (const type of [
      "multipart/form-data;boundary=b",
      "Multipart/Form-Data; Boundary=b",
      "multipart/form-data; charset=utf-8; boundary=b",
      "multipart/form-data; boundary=b; charset=utf-8",
    ]) {
      expect(await store(body, type)).toBe("photo.jpg");
    }
  });
});

describe("a file name", () => {
  const long = `${"long".repeat(124)}.jpg`;
  it.each([
    ["filename* in UTF-8", "filename=\"x.jpg\"; filename*=UTF-8''%E2%82%AC%20rates.jpg", "€ rates.jpg"],
    ["filename* alone", "filename*=UTF-8''na%C3%AFve.jpg", "naïve.jpg"],
    ["filename* with a language", "filename*=utf-8'en'x.jpg", "x.jpg"],
    ["filename* with a path", "filename*=UTF-8''..%2F..%2Fetc%2Fx.jpg", "x.jpg"],
    ["filename* with a NUL", "filename*=UTF-8''a%00b.jpg", "ab.jpg"],
    ["an encoded CR and LF", 'filename="a%0D%0Ab: c.jpg"', "ab: c.jpg"],
    [
      "an encoded header",
      'filename="x%0D%0ASet-Cookie: a=b%0D%0A%0D%0A<html>.jpg"',
      /^xSet-Cookie: a=b<html>.jpg$/,
    ],
    ["a Windows path", 'filename="C:\\\\fakepath\\\\x.jpg"', "x.jpg"],
    ["a Windows path, its backslashes as they are", 'filename="C:\\fakepath\\x.jpg"', /x\.jpg$/],
    ["a way up", 'filename="../../x.jpg"', "x.jpg"],
    ["a way up and nothing else", 'filename="../.."', "photo"],
    ["an absolute path", 'filename="/etc/passwd"', "passwd"],
    ["%2f, which is no slash", 'filename="..%2f..%2fx.jpg"', "..%2f..%2fx.jpg"],
    ["500 characters", `filename="${long}"`, `${long.slice(0, 251)}.jpg`],
    [
      "emoji",
      'filename="\u{1f468}\u200d\u{1f469}\u200d\u{1f467} \u{1f3d6}\ufe0f.jpg"',
      "\u{1f468}\u200d\u{1f469}\u200d\u{1f467} \u{1f3d6}\ufe0f.jpg",
    ],
    ["500 emoji", `filename="${"\u{1f600}".repeat(500)}.jpg"`, `${"\u{1f600}".repeat(62)}.jpg`],
    ["quotes", 'filename="a \\"b\\" c.jpg"', 'a "b" c.jpg'],
    ["an encoded quote", 'filename="a%22b.jpg"', 'a"b.jpg'],
    ["signs of headers", 'filename="a; b=c, d.jpg"', "a; b=c, d.jpg"],
    ["percent signs", 'filename="100%25 100%.jpg"', "100%25 100%.jpg"],
    ["a change of direction", 'filename="gpj.\u202eexe.jpg"', "gpj.exe.jpg"],
    ["a decomposed accent", 'filename="e\u0301te\u0301.jpg"', "été.jpg"],
    ["nothing but spaces", 'filename="   "', "photo"],
    ["dots", 'filename=".."', "photo"],
    ["no extension", 'filename="IMG 0001"', "IMG 0001"],
    ["none", "", "photo"],
    ["an empty one", 'filename=""', "photo"],
    ["a name as of a cursor or a key", `filename="20260101T000000000Z_x.jpg"`, "20260101T000000000Z_x.jpg"],
  ])("with %s is cleaned, and breaks nothing", async (_about, parameters, expected) => {
    const name = await store(
      form(file(PHOTO, parameters === "" ? 'name="file"' : `name="file"; ${parameters}`)),
    );
    if (typeof expected === "string") expect(name).toBe(expected);
    else expect(name).toMatch(expected);
    expect(Buffer.byteLength(name)).toBeLessThanOrEqual(255);
  });
});

describe("a file that is no photo", () => {
  const gif = (text: string) => Buffer.from(`GIF89a${text}`, "latin1");
  it.each([
    ["a text named .jpg", "holiday.jpg", "Dear diary, this is no photo."],
    [
      "an SVG",
      "x.svg",
      '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    ],
    ["an SVG named .png", "x.png", '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'],
    ["an HTML page", "x.jpg", "<!doctype html><html><script>alert(1)</script></html>"],
    ["a PDF", "x.jpg", "%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n"],
    ["JSON", "x.jpg", '{"a":1}'],
    ["a ZIP", "x.jpg", Buffer.from("504b0506000000000000000000000000000000000000", "hex")],
    ["a GZIP", "x.jpg", Buffer.from("1f8b0800000000000003", "hex")],
    ["a text that begins with GIF", "x.gif", "GIFs are fun to look at, all day long"],
    ["a text that begins with BM", "x.bmp", "BM is short for many things, all of which are text"],
    ["an MP4", "x.heic", Buffer.from("0000001866747970697361d600000000697361d6", "hex")],
    ["one byte", "x.jpg", Buffer.from([0xff])],
    ["noise", "x.jpg", Buffer.from(Array.from({ length: 5_000 }, (_, at) => (at * 7919 + 13) % 251))],
  ])("%s is 415", async (_about, name, content) => {
    const before = await storage.keys();
    const answer = await session.post("/upload_single_photo", file_form("file", Buffer.from(content), name));
    read_problem(answer, 415, "not_an_image", "file");
    expect(await storage.keys()).toEqual(before);
  });

  it("a polyglot of GIF and HTML is kept as a GIF, and never shown as a page", async () => {
    const bytes = gif("/*<html><script>alert(1)</script>*/=1;");
    const { filename, contentType } = await session.upload(bytes, "x.html");
    expect(contentType).toBe("image/gif");
    const answer = await session.download(filename);
    expect(answer.bytes.equals(bytes)).toBe(true);
    expect(answer.headers.get("content-type")).toBe("image/gif");
    expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
    expect(read_disposition(answer.headers.get("content-disposition"))).toEqual({
      type: "attachment",
      name: "x.html",
    });
  });
});

it("every byte from 0x00 to 0xFF comes back as it was, and so do forms' own signs within a photo", async () => {
  const bytes = Buffer.concat([
    jpeg_of(4_096),
    Buffer.from(`\r\n--\r\n--${BOUNDARY.slice(0, -1)}\r\n`),
    jpeg_of(700),
  ]);
  const answer = await session.post("/upload_single_photo", form(file(bytes)), {
    "content-type": content_type(),
  });
  const { filename, size } = read(answer, 201, upload_single_photo_response);
  expect(size).toBe(bytes.byteLength);
  expect(new Set(bytes).size).toBe(256);
  expect((await session.download(filename)).bytes.equals(bytes)).toBe(true);
});

it("text fields beside the file do no harm", async () => {
  expect(await store(form(field("note", "before"), file(PHOTO), field("note", "after")))).toBe("photo.jpg");
});

it("no form has ended a sandbox", () => {
  expect(crashes(stack)).toEqual([]);
});
