import { describe, expect, it } from "vitest";
import { object_headers, overridden_headers } from "../../../local/s3/object_headers.ts";

describe("the headers of an object", () => {
  it("are its content headers and metadata, and no others", () => {
    const headers = { host: "x", "content-type": "image/png", "x-amz-meta-a": "b", "x-amz-acl": "private" };
    expect(object_headers(headers)).toEqual({ "content-type": "image/png", "x-amz-meta-a": "b" });
  });

  it.each([
    ["aws-chunked", undefined],
    ["gzip,aws-chunked", "gzip"],
    ["aws-chunked, gzip , br", "gzip, br"],
    ["", undefined],
  ])("content encoding %o is kept as %o", (given, kept) => {
    expect(object_headers({ "content-encoding": given })["content-encoding"]).toBe(kept);
  });

  it.each([
    [{ "x-amz-meta-a": "é" }, "InvalidArgument"],
    [{ "content-disposition": "attachment; filename=é" }, "InvalidArgument"],
    [{ "cache-control": "a\r\nx: y" }, "InvalidArgument"],
    [{ "x-amz-meta-": "x" }, "InvalidRequest"],
    [{ "x-amz-meta-a": "x".repeat(2048) }, "MetadataTooLarge"],
  ])("%o is refused with %s", (headers, code) => {
    expect(() => object_headers(headers)).toThrow(expect.objectContaining({ code }));
  });

  it("may hold 2 KB of metadata, names included", () => {
    const value = "x".repeat(2047);
    expect(object_headers({ "x-amz-meta-a": value })["x-amz-meta-a"]).toBe(value);
  });

  it("give way to the parameters of a request, but not to a broken header", () => {
    const stored = { "content-type": "image/png" };
    const parameter = "response-content-type";
    expect(overridden_headers(stored, new Map([[parameter, "text/plain"]]))).toEqual({
      "content-type": "text/plain",
    });
    expect(() => overridden_headers(stored, new Map([[parameter, "a\r\nb: c"]]))).toThrow(
      expect.objectContaining({ code: "InvalidArgument" }),
    );
  });
});
