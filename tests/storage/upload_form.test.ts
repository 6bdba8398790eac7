import { describe, expect, it } from "vitest";
import { crc32_header, type Declaration, declared_metadata, upload_form } from "../../storage/upload_form.ts";
import { BUCKET, client_for } from "../support/photo_storage.ts";

const upload = { user: "a/b", id: "0".repeat(26) };
const declaration: Declaration = {
  name: "é.jpg",
  kind: "photo",
  size: 4_711,
  content_type: "image/jpeg",
  crc32: "0009aAfF",
};

const store = (config: Parameters<typeof client_for>[1] = {}) => ({
  s3: client_for("http://127.0.0.1:1", config),
  bucket: BUCKET,
});

describe("the form of an upload", () => {
  it("has a condition for each of its fields, and for the size, and takes no other", async () => {
    const { url, fields } = await upload_form(store(), upload, declaration, 600);
    expect(url).toBe(`http://127.0.0.1:1/${BUCKET}`);
    const { Policy = "", "X-Amz-Signature": signature, ...rest } = fields;
    expect(signature).toMatch(/^[0-9a-f]{64}$/);
    const policy = JSON.parse(Buffer.from(Policy, "base64").toString());
    const conditions = Object.entries(rest).map(([name, value]) => ({ [name]: value }));
    expect(policy.conditions).toHaveLength(conditions.length + 1);
    expect(policy.conditions).toEqual(
      expect.arrayContaining([["content-length-range", 4_711, 4_711], ...conditions]),
    );
    expect(rest).toMatchObject({
      bucket: BUCKET,
      key: `.quarantine/a%2Fb/${upload.id}`,
      "Content-Type": "image/jpeg",
      "x-amz-meta-original-name": "%C3%A9.jpg",
      "x-amz-meta-kind": "photo",
      "x-amz-meta-size": "4711",
      "x-amz-checksum-algorithm": "CRC32",
      "x-amz-checksum-crc32": "AAmq/w==",
    });
    const minutes = (Date.parse(policy.expiration) - Date.now()) / 60_000;
    expect(minutes).toBeGreaterThan(9);
    expect(minutes).toBeLessThanOrEqual(10);
  });

  it("names no checksum where none is known", async () => {
    const { crc32: _, ...rest } = declaration;
    const { fields } = await upload_form(store(), upload, rest, 600);
    expect(Object.keys(fields).filter((name) => name.includes("checksum"))).toEqual([]);
  });

  it("has the token of the function's temporary credentials", async () => {
    const credentials = { accessKeyId: "a", secretAccessKey: "b", sessionToken: "token" };
    const { fields } = await upload_form(store({ credentials }), upload, declaration, 600);
    expect(fields["X-Amz-Security-Token"]).toBe("token");
  });
});

it("what is declared fits the 2 KB that S3 has for it", () => {
  const metadata = declared_metadata({ ...declaration, name: "😀".repeat(512), size: 5 * 1024 ** 3 });
  const bytes = Object.entries({ ...metadata, "upload-id": upload.id }).join("").length;
  expect(bytes).toBeLessThan(2_048);
  expect(Object.values(metadata).join("")).toMatch(/^[\x20-\x7e]*$/);
});

it("a CRC-32 is the big-endian bytes in base64", () => {
  expect(crc32_header("00000000")).toBe("AAAAAA==");
  expect(crc32_header("CBF43926")).toBe(crc32_header("cbf43926"));
  expect(crc32_header("cbf43926")).toBe("y/Q5Jg==");
});
