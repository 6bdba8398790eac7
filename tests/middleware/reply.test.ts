import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { http_answer } from "../../middleware/reply.ts";
import { holds } from "../support/holds.ts";

const ALWAYS = { "cache-control": "private, no-store", "x-content-type-options": "nosniff" };

describe("http_answer", () => {
  it("sends an object as JSON", () => {
    expect(http_answer({ status: 201, body: { name: "é\u2028" } })).toEqual({
      statusCode: 201,
      headers: { ...ALWAYS, "content-type": "application/json" },
      body: JSON.stringify({ name: "é\u2028" }),
      isBase64Encoded: false,
    });
  });

  it("sends bytes as they are, whatever they are", () => {
    holds(
      fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
        const { body, isBase64Encoded } = http_answer({ status: 200, body: bytes });
        expect(isBase64Encoded).toBe(true);
        expect(Buffer.from(body, "base64").equals(bytes)).toBe(true);
      }),
    );
  });

  it("sends every byte from 0x00 to 0xff", () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    expect(new Uint8Array(Buffer.from(http_answer({ status: 200, body: bytes }).body, "base64"))).toEqual(
      bytes,
    );
  });

  it("sends of a view what is in it, and nothing of the memory around it", () => {
    const memory = Buffer.from("canary|photo|canary");
    const { body } = http_answer({ status: 200, body: memory.subarray(7, 12) });
    expect(Buffer.from(body, "base64").toString()).toBe("photo");
  });

  it("gives bytes the type that the handler names, and none of its own", () => {
    const { headers } = http_answer({
      status: 200,
      headers: { "content-type": "image/png", etag: '"e"' },
      body: Buffer.of(1),
    });
    expect(headers).toEqual({ ...ALWAYS, "content-type": "image/png", etag: '"e"' });
    expect(http_answer({ status: 200, body: Buffer.of(1) }).headers).toEqual(ALWAYS);
  });

  it("needs no body", () => {
    expect(http_answer({ status: 303, headers: { location: "https://example.com/" } })).toEqual({
      statusCode: 303,
      headers: { ...ALWAYS, location: "https://example.com/" },
      body: "",
      isBase64Encoded: false,
    });
  });

  it("lets a handler say otherwise of any header", () => {
    const { headers } = http_answer({ status: 200, headers: { "cache-control": "max-age=60" }, body: {} });
    expect(headers["cache-control"]).toBe("max-age=60");
  });
});
