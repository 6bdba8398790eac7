import { describe, expect, it } from "vitest";
import {
  type MultipartEvent,
  type MultipartInternal,
  multipart_guard,
} from "../../middleware/multipart_guard.ts";
import { encode_form, file_part, form_data } from "./multipart_forms.ts";

const body = encode_form([file_part("photo")]);

function guard(event: Partial<MultipartEvent>) {
  const request = {
    event: {
      headers: { "content-type": form_data(), host: "example.com" },
      body: body.toString("base64"),
      isBase64Encoded: true,
      ...event,
    } satisfies MultipartEvent,
    internal: {} satisfies MultipartInternal,
  };
  multipart_guard().before(request);
  return request;
}

describe("multipart_guard", () => {
  it("hands on the bytes of the body and what it has read of its parts", () => {
    const { event, internal } = guard({});

    expect(event.body).toEqual(body);
    expect(event.headers.host).toBe("example.com");
    expect(internal).toEqual({
      form_parts: [{ name: "file", filename: "photo.jpg", declared_type: "image/jpeg", size: 5 }],
    });
  });

  it("writes the content type in one form", () => {
    const boundary = "a.b_c'd:e f";
    const { event } = guard({
      headers: { "content-type": `Multipart/Form-Data;charset=utf-8;boundary="${boundary}"` },
      body: encode_form([file_part("photo")], boundary).toString("base64"),
    });

    expect(event.headers["content-type"]).toBe(`multipart/form-data; boundary="${boundary}"`);
  });

  it.each([
    ["no content type", { headers: {} }, "unsupported_media_type"],
    ["another content type", { headers: { "content-type": "image/jpeg" } }, "unsupported_media_type"],
    ["no boundary", { headers: { "content-type": "multipart/form-data" } }, "malformed_multipart"],
    ["no body", { body: undefined, isBase64Encoded: false }, "malformed_multipart"],
    ["an empty body", { body: "" }, "malformed_multipart"],
    ["a body that is text", { body: body.toString("latin1"), isBase64Encoded: false }, "malformed_multipart"],
    ["text that claims to be base64", { body: body.toString("latin1") }, "malformed_multipart"],
    ["base64 with a line end", { body: `${body.toString("base64")}\r\n` }, "malformed_multipart"],
    ["base64 with a foreign sign", { body: `*${body.toString("base64").slice(1)}` }, "malformed_multipart"],
    ["base64 that is cut", { body: body.toString("base64").slice(0, -1) }, "malformed_multipart"],
    ["base64 after padding", { body: `AA==${body.toString("base64")}` }, "malformed_multipart"],
    ["a body that has been parsed", { body: { file: "x" } }, "malformed_multipart"],
  ])("refuses %s", (_, event, code) => {
    expect(() => guard(event)).toThrow(expect.objectContaining({ code }));
  });
});
