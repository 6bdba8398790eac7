/** What the JSON endpoints take and refuse, and that their answers hold nothing that is not in the contract. */
import { describe, expect, it } from "vitest";
import type * as z from "zod/mini";
import { cancel_upload_request } from "../../schemas/cancel_upload.ts";
import { complete_upload_request, complete_upload_response } from "../../schemas/complete_upload.ts";
import { delete_request, delete_response } from "../../schemas/delete.ts";
import { download_request, download_started } from "../../schemas/download.ts";
import { job_request, job_response } from "../../schemas/job.ts";
import { list_request, list_response } from "../../schemas/list.ts";
import { login_request, login_response } from "../../schemas/login.ts";
import { problem_response } from "../../schemas/problem.ts";
import { request_upload_request, request_upload_response } from "../../schemas/request_upload.ts";
import { unzip_request, unzip_response, unzip_started } from "../../schemas/unzip.ts";
import { upload_parts_request, upload_parts_response } from "../../schemas/upload_parts.ts";
import { upload_single_photo_response } from "../../schemas/upload_single_photo.ts";

const FILENAME = "20261123T101530123Z_beach.jpg";
const UPLOADED_AT = "2026-11-23T10:15:30.123Z";
const photo = { filename: FILENAME, name: "beach.jpg", size: 7 };

/** A schema, a value with all of its fields, and those that may be left out. */
const schemas: Readonly<Record<string, readonly [z.ZodMiniType, object, readonly string[]]>> = {
  delete_request: [delete_request, { file: FILENAME }, []],
  delete_response: [delete_response, { deleted: FILENAME }, []],
  delete_request_of_many: [delete_request, { files: [FILENAME] }, []],
  delete_response_of_many: [
    delete_response,
    {
      outcomes: [
        { file: FILENAME, outcome: "deleted" },
        { file: FILENAME, outcome: "failed", code: "storage_refused" },
      ],
    },
    [],
  ],
  download_request: [download_request, { filename: FILENAME, disposition: "inline" }, ["disposition"]],
  list_request: [list_request, { limit: 1_000, cursor: "x".repeat(4_096) }, ["limit", "cursor"]],
  list_response: [
    list_response,
    { photos: [{ ...photo, uploadedAt: UPLOADED_AT }], cursor: "x" },
    ["cursor"],
  ],
  login_request: [
    login_request,
    { username: "x".repeat(128), password: "x".repeat(256), newPassword: "y" },
    ["newPassword"],
  ],
  login_response: [login_response, { jwt: "a", credentials: "ann", expiresIn: 3600, refreshToken: "r" }, []],
  upload_single_photo_response: [
    upload_single_photo_response,
    { ...photo, contentType: "image/jpeg", uploadedAt: UPLOADED_AT },
    [],
  ],
  request_upload_request: [
    request_upload_request,
    { name: "a", size: 7, contentType: "image/png", kind: "photo", crc32: "0009aAfF" },
    ["crc32"],
  ],
  request_upload_response_whole: [
    request_upload_response,
    {
      uploadId: "x",
      method: "POST",
      url: "https://example.com",
      fields: { key: "x" },
      expiresAt: UPLOADED_AT,
    },
    [],
  ],
  request_upload_response_parts: [
    request_upload_response,
    { uploadId: "x", method: "PUT", partSize: 8, parts: 2, expiresAt: UPLOADED_AT },
    [],
  ],
  upload_parts_request: [upload_parts_request, { uploadId: "x", sign: [1, 10_000] }, ["sign"]],
  upload_parts_response: [
    upload_parts_response,
    {
      partSize: 8,
      parts: [{ PartNumber: 1, Size: 8, ETag: '"e"' }],
      urls: { 2: "https://example.com" },
      requests: { GET: "https://example.com", POST: "https://example.com", DELETE: "https://example.com" },
      expiresAt: UPLOADED_AT,
    },
    [],
  ],
  complete_upload_request: [complete_upload_request, { uploadId: "x" }, []],
  complete_upload_response_photo: [
    complete_upload_response,
    { filename: FILENAME, size: 7, contentType: "image/jpeg" },
    [],
  ],
  complete_upload_response_archive: [complete_upload_response, { jobId: "x" }, []],
  cancel_upload_request: [cancel_upload_request, { uploadId: "x" }, []],
  job_request: [job_request, { jobId: "x", cursor: "1" }, ["cursor"]],
  job_response: [
    job_response,
    {
      kind: "extraction",
      state: "refused",
      updatedAt: "2026-11-23T10:15:30.000Z",
      reason: "not_a_zip",
      entries: { done: 1, total: 2 },
      bytes: { done: 0, total: 9 },
      uploaded: 0,
      skipped: 0,
      failed: 1,
      outcomes: [
        { name: "a", outcome: "uploaded", filename: FILENAME, size: 7, contentType: "image/png" },
        { name: "a/", outcome: "skipped", reason: "directory" },
      ],
      cursor: "1",
      archive: { url: "https://example.com", expiresIn: 60, size: 22 },
    },
    ["reason", "cursor", "archive"],
  ],
  download_request_of_some: [download_request, { filenames: [FILENAME] }, []],
  download_started: [download_started, { jobId: "x" }, []],
  unzip_request: [unzip_request, { uploadId: "x" }, []],
  unzip_started: [unzip_started, { jobId: "x" }, []],
  unzip_response: [
    unzip_response,
    {
      uploaded: [{ name: "a/b.jpg", filename: FILENAME, size: 7, contentType: "image/jpeg" }],
      skipped: [{ name: "a/", reason: "directory" }],
      failed: [{ name: "../x", reason: "bad_name" }],
    },
    [],
  ],
};

const cases = Object.entries(schemas).map(([name, [schema, value, optional]]) => ({
  name,
  schema,
  value,
  optional,
}));

const takes = (schema: z.ZodMiniType, value: unknown): boolean => schema.safeParse(value).success;

describe.each(cases)("$name", ({ schema, value, optional }) => {
  it("takes what it describes, and gives it back unchanged", () => {
    expect(schema.parse(value)).toEqual(value);
  });

  it("needs every field but those that may be left out", () => {
    for (const field of Object.keys(value)) {
      const without = Object.fromEntries(Object.entries(value).filter(([name]) => name !== field));
      expect([field, takes(schema, without)]).toEqual([field, optional.includes(field)]);
    }
  });

  it("takes no other field and no other type", () => {
    expect(takes(schema, { ...value, other: 1 })).toBe(false);
    for (const field of Object.keys(value)) {
      for (const wrong of [null, 7.5, true, { a: 1 }])
        expect(takes(schema, { ...value, [field]: wrong })).toBe(false);
    }
    for (const wrong of [null, undefined, 7, "a", [value]]) expect(takes(schema, wrong)).toBe(false);
  });
});

describe("what is particular", () => {
  it("a download is an attachment unless it is asked for otherwise", () => {
    expect(download_request.parse({ filename: FILENAME })).toEqual({
      filename: FILENAME,
      disposition: "attachment",
    });
    expect(takes(download_request, { filename: FILENAME, disposition: "form-data" })).toBe(false);
  });

  it("a download is of one photo, of 1 to 1,000, or of all", () => {
    const filenames = (length: number) => Array.from({ length }, () => FILENAME);
    expect(takes(download_request, { filenames: filenames(1_000) })).toBe(true);
    expect(takes(download_request, { filenames: filenames(1_001) })).toBe(false);
    expect(takes(download_request, { filenames: [] })).toBe(false);
    expect(takes(download_request, { filenames: [FILENAME], all: true })).toBe(false);
    expect(takes(download_request, { filename: FILENAME, all: true })).toBe(false);
    expect(takes(download_request, { filenames: [FILENAME], disposition: "inline" })).toBe(false);
    expect(takes(download_request, { all: true })).toBe(true);
    for (const all of [false, null, 1]) expect(takes(download_request, { all })).toBe(false);
  });

  it("an upload is in parts, or is not, or that is left open", () => {
    const file = { name: "a", size: 7, contentType: "image/png", kind: "photo" };
    for (const multipart of [true, false, undefined]) {
      expect(takes(request_upload_request, { ...file, multipart })).toBe(true);
    }
    for (const multipart of [null, 1, "true"]) {
      expect(takes(request_upload_request, { ...file, multipart })).toBe(false);
    }
  });

  it.each([0, 1_001, 1.5, "7", Number.POSITIVE_INFINITY])("a limit is no %j", (limit) => {
    expect(takes(list_request, { limit })).toBe(false);
  });

  it("a user name or a password beyond Cognito's limits is refused before Cognito sees it", () => {
    expect(takes(login_request, { username: "x".repeat(129), password: "x" })).toBe(false);
    expect(takes(login_request, { username: "x", password: "x".repeat(257) })).toBe(false);
    expect(takes(login_request, { username: "x", password: "x", newPassword: "x".repeat(257) })).toBe(false);
  });

  it("tokens expire after a whole number of seconds", () => {
    const tokens = { jwt: "a", credentials: "ann", refreshToken: "r" };
    for (const expiresIn of [0, -1, 1.5]) expect(takes(login_response, { ...tokens, expiresIn })).toBe(false);
  });

  it("a problem may have more members than are known, as RFC 9457 has it", () => {
    const details = { type: "urn:x", title: "t", status: 400, code: "c", detail: "d" };
    expect(takes(problem_response, { ...details, errors: [{ field: "a", message: "b" }], reason: "r" })).toBe(
      true,
    );
    expect(takes(problem_response, { ...details, other: 1 })).toBe(true);
    expect(takes(problem_response, { ...details, status: "400" })).toBe(false);
  });
});
