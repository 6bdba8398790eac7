/** What the gateway answers by itself: CORS, routes that do not exist, bodies that are too large. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { jpeg_of } from "../support/fixture_photos.ts";
import { type Answer, expect_gateway_answer, file_form, post, send } from "./client.ts";
import { new_session, type Session } from "./session.ts";
import { start_test_stack, type TestStack, written_by } from "./stack.ts";

const ORIGIN = "https://photos.example.com";
const EXPOSED = ["ETag", "Location", "Content-Disposition", "Retry-After"];

let stack: TestStack;
let session: Session;
beforeAll(async () => {
  stack = await start_test_stack();
  session = await new_session(stack, "browser");
});
afterAll(() => stack.close());

const words = (value: string | null) =>
  (value ?? "")
    .split(",")
    .map((word) => word.trim().toLowerCase())
    .toSorted();

function expect_cors({ headers }: Answer): void {
  expect(headers.get("access-control-allow-origin")).toBe("*");
  expect(headers.get("access-control-allow-credentials")).toBeNull();
  expect(words(headers.get("access-control-expose-headers"))).toEqual(words(EXPOSED.join(",")));
}

describe("CORS", () => {
  it.each(["/login", "/upload_single_photo", "/unzip", "/download", "/list", "/delete"])(
    "lets any page ask %s, with the token header and a content type",
    async (path) => {
      const answer = await send(stack.url + path, {
        method: "OPTIONS",
        headers: {
          origin: ORIGIN,
          "access-control-request-method": "POST",
          "access-control-request-headers": "content-type,jwt",
        },
      });
      expect(answer.status).toBe(204);
      expect(answer.bytes.byteLength).toBe(0);
      expect(answer.headers.get("access-control-allow-origin")).toBe("*");
      expect(answer.headers.get("access-control-allow-credentials")).toBeNull();
      expect(words(answer.headers.get("access-control-allow-methods"))).toContain("post");
      expect(words(answer.headers.get("access-control-allow-headers"))).toEqual(["content-type", "jwt"]);
    },
  );

  it("lets the page read what a function answers, and three headers of it", async () => {
    const { filename } = await session.upload(jpeg_of(1_000));
    const answer = await session.post("/download", JSON.stringify({ filename }), {
      origin: ORIGIN,
      "content-type": "application/json",
    });
    expect(answer.status).toBe(200);
    expect_cors(answer);
  });

  it("lets the page read a refusal, the gateway's own too", async () => {
    const origin = { origin: ORIGIN };
    const answers = await Promise.all([
      session.post("/download", "{}", { ...origin, "content-type": "application/json" }),
      post(`${stack.url}/list`, "", origin),
      post(`${stack.url}/list`, "", { ...origin, JWT: "garbage" }),
      post(`${stack.url}/nothing`, "", origin),
      session.post("/upload_single_photo", file_form("file", jpeg_of(4_800_000)), origin),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([400, 401, 403, 404, 413]);
    for (const answer of answers) expect_cors(answer);
  });

  it("says nothing to a client that is no page", async () => {
    const answer = await session.json("/list");
    expect([...answer.headers.keys()].filter((name) => name.startsWith("access-control"))).toEqual([]);
  });
});

describe("a route that does not exist", () => {
  it.each([
    ["POST", "/"],
    ["POST", "/nothing"],
    ["POST", "/list/"],
    ["POST", "//list"],
    ["POST", "/LIST"],
    ["POST", "/list/../delete%2f"],
    ["POST", "/authorizer"],
    ["GET", "/list"],
    ["GET", "/login"],
    ["PUT", "/upload_single_photo"],
    ["DELETE", "/delete"],
    ["PATCH", "/download"],
  ])("%s %s is 404", async (method, path) => {
    expect_gateway_answer(
      await send(stack.url + path, { method, headers: { JWT: session.token } }),
      404,
      "Not Found",
    );
  });

  it("is 404 without a token too", async () => {
    expect_gateway_answer(await post(`${stack.url}/nothing`), 404, "Not Found");
  });
});

describe("a body", () => {
  it("of 11 MB is 413, and no function sees it", async () => {
    const before = written_by(stack, "upload_single_photo");
    const answer = await session.post("/upload_single_photo", file_form("file", jpeg_of(11_000_000)));
    expect_gateway_answer(answer, 413, "Request Too Long");
    expect(written_by(stack, "upload_single_photo")).toBe(before);
  });

  it("of 11 MB whose length is not announced is 413", async () => {
    const chunks = Array.from({ length: 11 }, () => Buffer.alloc(1_000_000));
    const answer = await send(`${stack.url}/upload_single_photo`, {
      method: "POST",
      headers: { JWT: session.token, "content-type": "multipart/form-data; boundary=b" },
      body: ReadableStream.from(chunks),
      duplex: "half",
    });
    expect_gateway_answer(answer, 413, "Request Too Long");
  });

  it("of a photo of 4.8 MB is 413, since in base64 it exceeds what a function takes", async () => {
    const answer = await session.post("/upload_single_photo", file_form("file", jpeg_of(4_800_000)));
    expect_gateway_answer(answer, 413, "Request Too Long");
  });

  it("of an archive of 4.8 MB is 413", async () => {
    const answer = await session.post("/unzip", file_form("archive", Buffer.alloc(4_800_000)));
    expect_gateway_answer(answer, 413, "Request Too Long");
  });

  it("of a photo of 4.4 MB passes, and comes back whole", async () => {
    const bytes = jpeg_of(4_400_000);
    const { filename, size } = await session.upload(bytes);
    expect(size).toBe(4_400_000);
    expect((await session.download(filename)).bytes.equals(bytes)).toBe(true);
  });
});
