/** Bad JSON: every endpoint that takes it says what is wrong, and with which field. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { jpeg_of } from "../support/fixture_photos.ts";
import { type Answer, post, read_problem, type SentBody, type SentHeaders, text_of } from "./client.ts";
import { DEMO_USER, type Session, sign_in } from "./session.ts";
import { crashes, start_test_stack, type TestStack } from "./stack.ts";

let stack: TestStack;
let session: Session;
beforeAll(async () => {
  stack = await start_test_stack();
  session = await sign_in(stack);
});
afterAll(() => stack.close());

const JSON_TYPE = { "content-type": "application/json" };

const send_body = (path: string, body: SentBody, headers: SentHeaders = JSON_TYPE): Promise<Answer> =>
  path === "/login" ? post(stack.url + path, body, headers) : session.post(path, body, headers);

const EVERY = ["/login", "/download", "/list", "/delete", "/restore"];

describe.each(EVERY)("POST %s", (path) => {
  it.each(["{", "not json", '{"a":1,}', "{'a':1}", '{"a":"', "\u0000", "{}{}"])(
    "with the body %j is 400",
    async (body) => {
      read_problem(await send_body(path, body), 400, "malformed_json");
    },
  );

  it("with a body that is not UTF-8 is 400", async () => {
    read_problem(await send_body(path, Buffer.from([0xff, 0xfe, 0x7b])), 400, "malformed_json");
  });

  it.each(["null", "false", "0", '""', "[]", '"text"', "7", "true", "[[[]]]"])(
    "with the body %s is 400 and says so",
    async (body) => {
      const { errors } = read_problem(await send_body(path, body), 400, "invalid_request");
      expect(errors).toHaveLength(1);
    },
  );

  it("with a key __proto__ is 400", async () => {
    read_problem(await send_body(path, '{"__proto__":{"username":"x"}}'), 400, "malformed_json");
  });

  it.each([
    "text/plain",
    "application/x-www-form-urlencoded",
    "application/xml",
    "multipart/form-data; boundary=x",
    "application/jsonp",
    "json",
  ])("with the content type %s is 415", async (type) => {
    const answer = await send_body(path, "{}", { "content-type": type });
    read_problem(answer, 415, "unsupported_media_type");
  });

  it("with a body but without a content type is 415", async () => {
    read_problem(await send_body(path, Buffer.from("{}"), {}), 415, "unsupported_media_type");
  });

  it("with a field that does not exist is 400 and names it", async () => {
    const body = JSON.stringify({ surplus: 1 });
    read_problem(await send_body(path, body), 400, "invalid_request", "surplus");
  });

  it("with a body nested deeper than a stack is 400", async () => {
    const depth = 200_000;
    const body = `{"limit":${"[".repeat(depth)}${"]".repeat(depth)}}`;
    const answer = await send_body(path, body);
    expect([400, answer.headers.get("content-type")]).toEqual([answer.status, "application/problem+json"]);
  });

  it("with thousands of unknown fields is 400, and the answer stays short", async () => {
    const body = JSON.stringify(Object.fromEntries(Array.from({ length: 4_000 }, (_, at) => [`f${at}`, at])));
    const answer = await send_body(path, body);
    read_problem(answer, 400, "invalid_request", "f0");
    expect(answer.bytes.byteLength).toBeLessThan(10_000);
  });

  it("of 4.5 MB that stand for a million objects is 400, and is not parsed", async () => {
    const answer = await send_body(path, `[{}${",{}".repeat(1_500_000)}]`);
    read_problem(answer, 400, "invalid_request");
    expect(answer.bytes.toString()).toContain(
      `${["/download", "/delete", "/restore"].includes(path) ? 1_000_000 : 65_536} characters`,
    );
  });
});

describe.each(["/login", "/download", "/delete", "/restore"])("POST %s", (path) => {
  it("without a body is 400", async () => {
    read_problem(await send_body(path, ""), 400, "invalid_request");
    read_problem(await send_body(path, "", {}), 400, "invalid_request");
  });
});

const wrong_fields: readonly (readonly [path: string, field: string, body: object])[] = [
  ["/login", "username", { password: "p" }],
  ["/login", "password", { username: "u" }],
  ["/login", "username", {}],
  ["/login", "username", { username: "", password: "p" }],
  ["/login", "username", { username: 7, password: "p" }],
  ["/login", "username", { username: null, password: "p" }],
  ["/login", "username", { username: ["u"], password: "p" }],
  ["/login", "username", { username: "u".repeat(129), password: "p" }],
  ["/login", "username", { username: "u".repeat(50_000), password: "p" }],
  ["/login", "password", { username: "u", password: { $ne: "" } }],
  ["/login", "password", { username: "u", password: "p".repeat(257) }],
  ["/login", "password", { username: "u", password: "" }],
  ["/login", "newPassword", { username: "u", password: "p", newPassword: 1 }],
  ["/login", "newPassword", { username: "u", password: "p", newPassword: "" }],
  ["/login", "admin", { username: "u", password: "p", admin: true }],
  ["/download", "filename", {}],
  ["/download", "filename", { filename: 7 }],
  ["/download", "filename", { filename: "" }],
  ["/download", "filename", { filename: ["x"] }],
  ["/download", "filename", { filename: "x".repeat(276) }],
  ["/download", "filename", { filename: "x".repeat(50_000) }],
  ["/download", "disposition", { filename: "x", disposition: "form-data" }],
  ["/download", "file", { filename: "x", file: "x" }],
  ["/list", "limit", { limit: 0 }],
  ["/list", "limit", { limit: -1 }],
  ["/list", "limit", { limit: 1.5 }],
  ["/list", "limit", { limit: 1001 }],
  ["/list", "limit", { limit: "10" }],
  ["/list", "limit", { limit: null }],
  ["/list", "limit", { limit: 1e300 }],
  ["/list", "cursor", { cursor: 7 }],
  ["/list", "cursor", { cursor: "" }],
  ["/list", "cursor", { cursor: "x".repeat(4097) }],
  ["/delete", "file", {}],
  ["/delete", "file", { file: 7 }],
  ["/delete", "file", { file: "" }],
  ["/delete", "file", { file: "x".repeat(276) }],
  ["/delete", "filename", { filename: "x" }],
];

describe("a field", () => {
  it.each(
    wrong_fields.map(
      ([path, field, body]) => [path, JSON.stringify(body).slice(0, 60), field, body] as const,
    ),
  )("%s %s is 400 and names %s", async (path, _shown, field, body) => {
    const answer = await send_body(path, JSON.stringify(body));
    const { errors } = read_problem(answer, 400, "invalid_request", field);
    expect(errors?.every(({ message }) => message.length > 0)).toBe(true);
    expect(answer.bytes.byteLength).toBeLessThan(2_000);
  });

  it("of every name that is wrong is named", async () => {
    const { errors } = read_problem(
      await send_body("/login", '{"username":7,"x":1}'),
      400,
      "invalid_request",
    );
    expect(errors?.map(({ field }) => field).toSorted()).toEqual(["password", "username", "x"]);
  });

  it("is never quoted with its value", async () => {
    const answer = await send_body(
      "/login",
      JSON.stringify({ username: "u", password: ["Secret-Passw0rd!"] }),
    );
    expect(text_of(answer)).not.toContain("Secret");
  });
});

it("a content type with a parameter, in any case, is taken", async () => {
  const body = JSON.stringify(DEMO_USER);
  for (const type of [
    "application/json; charset=utf-8",
    "APPLICATION/JSON",
    "application/json;charset=UTF-8",
  ]) {
    expect((await post(`${stack.url}/login`, body, { "content-type": type })).status).toBe(200);
  }
});

it("a cursor that is none is 400 and names the field", async () => {
  for (const cursor of ["x", "a.b.c.d.e", "eyJhbGciOiJkaXIifQ....", `${"A".repeat(4_000)}`]) {
    read_problem(await session.json("/list", { cursor }), 400, "invalid_cursor", "cursor");
  }
});

it("the functions live on through all of it, and none has ended", async () => {
  expect(crashes(stack)).toEqual([]);
  const { filename } = await session.upload(jpeg_of(100));
  expect((await session.download(filename)).status).toBe(200);
});
