import { describe, expect, it } from "vitest";
import { request_kind } from "../../../bench/end_to_end/request_kind.ts";

describe("request_kind", () => {
  it.each([
    ["GET", "/bench/photos.zip?x-id=GetObject", "read"],
    ["HEAD", "/bench/photos.zip", "head"],
    ["PUT", "/bench/lena/1_a.jpg?x-id=PutObject", "write"],
    ["PUT", "/bench/lena/1_a.jpg?partNumber=2&uploadId=abc&x-id=UploadPart", "part"],
    ["POST", "/bench/lena/1_a.jpg?uploads=", "other"],
    ["POST", "/bench/lena/1_a.jpg?uploadId=abc", "other"],
    ["DELETE", "/bench/lena/1_a.jpg?uploadId=abc", "other"],
    ["GET", "/bench/lena/1_a.jpg?uploadId=abc", "other"],
    ["GET", "/bench?list-type=2", "other"],
    ["GET", "/bench/?list-type=2", "other"],
    ["HEAD", "/bench", "other"],
  ])("%s %s is one of the kind %s", (method, url, kind) => {
    expect(request_kind(method, url)).toBe(kind);
  });
});
