/**
 * The description of the API, as a stack serves it, and requests made of it: valid ones and changed ones, for every operation.
 * `OPENAPI_REQUESTS` says how many of them.
 */
import { readFileSync } from "node:fs";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { read_functions_table } from "../../local/functions_table.ts";
import { OPENAPI_FILE } from "../../openapi/write.ts";
import { complete_upload_response } from "../../schemas/complete_upload.ts";
import { list_response } from "../../schemas/list.ts";
import { request_upload_response } from "../../schemas/request_upload.ts";
import { build_zip } from "../archive/zip_builder.ts";
import { jpeg_of, tiny_png } from "../support/fixture_photos.ts";
import { type Known, mutated, type Schema, schema_values } from "../support/schema_values.ts";
import { send_form } from "../support/uploads.ts";
import { type Answer, json_of, read, send, text_of } from "./client.ts";
import { DEMO_USER, new_session, type Session, sign_in } from "./session.ts";
import { crashes, start_test_stack, type TestStack } from "./stack.ts";

const REQUESTS = Number(process.env.OPENAPI_REQUESTS ?? 400);

let stack: TestStack;
beforeAll(async () => {
  stack = await start_test_stack();
});
afterAll(() => stack.close());

describe("GET /openapi.json", () => {
  it("needs no token, and is the document as it is committed", async () => {
    const answer = await send(`${stack.url}/openapi.json`);
    expect(answer.status).toBe(200);
    expect(answer.headers.get("cache-control")).toBe("public, max-age=300");
    expect(json_of(answer)).toEqual(JSON.parse(readFileSync(OPENAPI_FILE, "utf8")));
  });
});

describe("GET /docs", () => {
  it("is a page, with all that it refers to, and may load nothing from elsewhere", async () => {
    const page = await fetch(`${stack.url}/docs`);
    expect(page.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(page.headers.get("content-security-policy")).toMatch(/^default-src 'self';/);
    const referenced = [...(await page.text()).matchAll(/(?:href|src)="([^"]+)"/g)].map(([, path]) => path);
    for (const path of referenced) {
      const file = await fetch(`${stack.url}${path}`);
      expect([path, file.status]).toEqual([path, 200]);
      await file.arrayBuffer();
    }
  });

  it("is there for GET alone", async () => {
    const answer = await send(`${stack.url}/docs`, { method: "POST" });
    expect(answer.status).toBe(404);
  });
});

/** What is there to be found, of the user that asks. */
async function known_values(session: Session): Promise<Known> {
  const photos = await Promise.all([session.upload(jpeg_of(500)), session.upload(tiny_png(), "tiny.png")]);
  const archive = build_zip({ entries: [{ name: "a.jpg", data: jpeg_of(300) }] });
  const declared = { name: "a", contentType: "", size: archive.length, kind: "archive" };
  const request = async (changed: object) =>
    read(await session.json("/request_upload", { ...declared, ...changed }), 201, request_upload_response);
  const sent = await request({});
  if (sent.method !== "POST") throw new Error("The archive is not sent by a form.");
  await send_form(sent, archive);
  const started = await session.json("/complete_upload", { uploadId: sent.uploadId });
  const job = read(started, 202, complete_upload_response);
  const others = [await request({ kind: "photo" }), await request({ size: 20_000_000, multipart: true })];
  const { cursor } = read(await session.json("/list", { limit: 1 }), 200, list_response);
  const filenames = photos.map(({ filename }) => filename);
  return {
    filename: filenames,
    file: filenames,
    uploadId: [sent, ...others].map(({ uploadId }) => uploadId),
    ...("jobId" in job && { jobId: [job.jobId] }),
    cursor: [cursor, "0", "1"],
    username: [DEMO_USER.username, session.username],
    // The demo user has this one, and nobody is locked out who signs in rightly now and then.
    password: [DEMO_USER.password],
    refreshToken: [(await sign_in_again()).refresh_token, session.token],
  };
}

const sign_in_again = () => sign_in(stack);

const described_operation = z.object({
  operationId: z.string(),
  security: z.array(z.unknown()),
  requestBody: z
    .object({ content: z.record(z.string(), z.object({ schema: z.record(z.string(), z.unknown()) })) })
    .optional(),
});
const document = z
  .object({ paths: z.record(z.string(), z.record(z.string(), described_operation)) })
  .parse(JSON.parse(readFileSync(OPENAPI_FILE, "utf8")));

interface Content {
  /** Of the Content-Type header; none where a form is sent, which has its own. */
  readonly type?: string;
  readonly body: string | Uint8Array | FormData;
}

interface Sent {
  readonly method: string;
  readonly path: string;
  readonly token: "own" | "none" | "garbage";
  /** Whether the request is as the document has it. */
  readonly valid: boolean;
  readonly content: Content | undefined;
}

const PHOTO = jpeg_of(400);
const ARCHIVE = build_zip({
  entries: [
    { name: "a.jpg", data: PHOTO },
    { name: "../b.jpg", data: PHOTO },
    { name: "c.txt", data: Buffer.from("c") },
  ],
});

/** Forms with the file that is wanted. */
const form_of = (field: string): fc.Arbitrary<Content> =>
  fc
    .record({
      bytes: fc.oneof(fc.constantFrom<Uint8Array>(PHOTO, ARCHIVE), fc.uint8Array({ minLength: 1 })),
      name: fc.string({ unit: "grapheme" }),
      texts: fc.array(fc.string(), { maxLength: 2 }),
    })
    .map(({ bytes, name, texts }) => {
      const body = new FormData();
      for (const [index, text] of texts.entries()) body.append(`text${index}`, text);
      body.append(field, new File([Buffer.from(bytes)], name));
      return { body };
    });

/** Forms that are cut, changed, empty, of another field, or hold two files. */
const changed_form_of = (field: string): fc.Arbitrary<Content> => {
  const type = "multipart/form-data; boundary=b";
  const head = `--b\r\ncontent-disposition: form-data; name="${field}"; filename="a.jpg"\r\n\r\n`;
  const form = Buffer.concat([Buffer.from(head), PHOTO, Buffer.from("\r\n--b--\r\n")]);
  const at = fc.nat(form.length - 1);
  return fc.oneof(
    at.map((length) => ({ type, body: form.subarray(0, length) })),
    fc.tuple(at, fc.nat(255)).map(([place, byte]) => {
      const body = Buffer.from(form);
      body[place] = byte;
      return { type, body };
    }),
    fc.uint8Array().map((body) => ({ type, body })),
    fc.string().map((name) => {
      const body = new FormData();
      body.append(name, new File([PHOTO], "a.jpg"));
      body.append(field, new File(name.length % 2 === 0 ? [] : [PHOTO], "b.jpg"));
      return { body };
    }),
    fc
      .constantFrom("text/plain", "multipart/mixed; boundary=b", "")
      .map((other) => ({ type: other, body: form })),
  );
};

const json = (value: unknown): Content => ({ type: "application/json", body: JSON.stringify(value) });

const changed_json = (valid: fc.Arbitrary<unknown>): fc.Arbitrary<Content> =>
  fc.oneof(
    { weight: 4, arbitrary: valid.chain(mutated).map(json) },
    { weight: 1, arbitrary: fc.tuple(valid, fc.nat(20)).map(([value, cut]) => cut_json(value, cut)) },
    { weight: 1, arbitrary: fc.uint8Array().map((body) => ({ type: "application/json", body })) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(
          valid,
          fc.constantFrom("text/plain", "application/xml", "application/jsonp", "multipart/form-data"),
        )
        .map(([value, type]) => ({ ...json(value), type })),
    },
    { weight: 1, arbitrary: fc.constant(json({ filename: "x".repeat(70_000) })) },
    { weight: 1, arbitrary: fc.nat(5_000).map((depth) => json_of_depth(depth)) },
  );

const cut_json = (value: unknown, cut: number): Content => ({
  type: "application/json",
  body: JSON.stringify(value).slice(0, -1 - cut),
});

const json_of_depth = (depth: number): Content => ({
  type: "application/json",
  body: "[".repeat(depth) + "]".repeat(depth),
});

/** Requests of one operation. */
function requests_of(
  method: string,
  path: string,
  { requestBody, security }: z.infer<typeof described_operation>,
  values: (schema: Schema) => fc.Arbitrary<unknown>,
): fc.Arbitrary<Sent> {
  const authorized = security.length > 0;
  const own = { method: method.toUpperCase(), path, token: "own" } as const;
  const made: fc.Arbitrary<Sent>[] = [];
  for (const [type, { schema }] of Object.entries(requestBody?.content ?? {})) {
    const [field = ""] = Object.keys(z.record(z.string(), z.unknown()).parse(schema.properties ?? {}));
    const is_form = type === "multipart/form-data";
    const valid = is_form ? form_of(field) : values(schema).map(json);
    const changed = is_form ? changed_form_of(field) : changed_json(values(schema));
    made.push(valid.map((content) => ({ ...own, valid: true, content })));
    made.push(changed.map((content) => ({ ...own, valid: false, content })));
    if (authorized) {
      const token = fc.constantFrom("none" as const, "garbage" as const);
      made.push(
        fc.tuple(valid, token).map(([content, other]) => ({ ...own, token: other, valid: false, content })),
      );
    }
  }
  made.push(fc.constant({ ...own, valid: requestBody === undefined, content: undefined }));
  return fc.oneof(...made);
}

const TOKENS = { none: undefined, garbage: "a.b.c" };

function send_made({ method, path, token, content }: Sent, session: Session): Promise<Answer> {
  const jwt = token === "own" ? session.token : TOKENS[token];
  const headers = { ...(jwt && { JWT: jwt }), ...(content?.type && { "content-type": content.type }) };
  const body = content?.body instanceof Uint8Array ? Buffer.from(content.body) : content?.body;
  return send(stack.url + path, { method, headers, ...(body !== undefined && { body }) });
}

/** Codes of a request that is wrong in itself, whatever there is. */
const WRONG_IN_ITSELF = ["malformed_json", "malformed_multipart", "missing_file", "unsupported_media_type"];

/** They judge more of a field than a schema says: which parts an upload has, what kind of token it is. */
const JUDGE_MORE = ["/upload_parts", "/logout"];

function judge({ path, valid }: Sent, answer: Answer): void {
  expect(answer.status, text_of(answer)).toBeLessThan(500);
  if (!valid || answer.status < 400) return;
  const { code } = z.object({ code: z.string().optional() }).parse(json_of(answer));
  expect(WRONG_IN_ITSELF).not.toContain(code);
  if (!JUDGE_MORE.includes(path)) expect(code, text_of(answer)).not.toBe("invalid_request");
}

describe("requests made of the document", () => {
  it(
    `are answered as it says, none with a 5xx: ${REQUESTS} of them`,
    async () => {
      const session = await new_session(stack, "property");
      const { valid } = schema_values(
        JSON.parse(readFileSync(OPENAPI_FILE, "utf8")),
        await known_values(session),
      );
      const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
        Object.entries(methods).map(([method, operation]) => requests_of(method, path, operation, valid)),
      );
      expect(operations.length).toBe(
        Object.values(read_functions_table()).filter(({ route }) => route !== undefined).length,
      );
      await fc.assert(
        fc.asyncProperty(fc.oneof(...operations), async (sent) =>
          judge(sent, await send_made(sent, session)),
        ),
        { numRuns: REQUESTS },
      );
      expect(crashes(stack)).toEqual([]);
    },
    60_000 + REQUESTS * 500,
  );
});
