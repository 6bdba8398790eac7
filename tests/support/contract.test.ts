import { describe, expect, it } from "vitest";
import { problem } from "../../layer/errors.ts";
import { type Contract, contract, type Exchange } from "./contract.ts";

const { check }: Contract = contract();

const ALWAYS = {
  "cache-control": "private, no-store",
  "x-content-type-options": "nosniff",
  "apigw-requestid": "JKJaXmPLvHcESHA=",
};

interface Planted {
  readonly method?: string;
  readonly path?: string;
  readonly sent?: unknown;
  readonly sent_type?: string;
  readonly form?: FormData;
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly type?: string;
  readonly answer?: unknown;
}

/** A right exchange of /delete, but for what is planted. */
function exchange(planted: Planted = {}): Exchange {
  const {
    method = "POST",
    path = "/delete",
    sent = { file: "a_b" },
    sent_type = "application/json",
  } = planted;
  const { status = 200, headers = ALWAYS, type = "application/json", answer = { deleted: "a_b" } } = planted;
  const bytes = answer instanceof Buffer ? answer : Buffer.from(JSON.stringify(answer));
  return {
    method,
    path,
    request: {
      headers: new Headers({ "content-type": sent_type }),
      body: planted.form ?? (sent instanceof Buffer ? sent : Buffer.from(JSON.stringify(sent))),
    },
    response: { status, headers: new Headers({ ...headers, ...(type && { "content-type": type }) }), bytes },
  };
}

const not_found = problem("photo_not_found", "None of your photos has this filename.").details;
const photo_form = (field: string): FormData => {
  const form = new FormData();
  form.append(field, new Blob(["photo"]));
  return form;
};
const upload = {
  path: "/upload_single_photo",
  status: 201,
  answer: {
    filename: "a_b",
    name: "b",
    size: 5,
    contentType: "image/jpeg",
    uploadedAt: "2026-11-23T10:15:30.123Z",
  },
};
const problem_type = "application/problem+json";
const nothing = { type: "", answer: Buffer.alloc(0) };

describe("an exchange as the document has it", () => {
  it.each<[string, Planted, object]>([
    ["an answer", {}, { operation: "delete", status: 200 }],
    [
      "a problem",
      { status: 404, type: problem_type, answer: not_found },
      { operation: "delete", status: 404, code: "photo_not_found" },
    ],
    [
      "a request that is wrong, and refused",
      { sent: {}, status: 403, answer: { message: "Forbidden" } },
      { status: 403 },
    ],
    ["a form", { ...upload, form: photo_form("file") }, { operation: "upload_single_photo" }],
    [
      "no body where there may be none",
      { path: "/list", sent: Buffer.alloc(0), answer: { photos: [] } },
      { operation: "list" },
    ],
    [
      "a photo",
      {
        path: "/download",
        sent: { filename: "a_b" },
        type: "image/x-canon-cr2",
        headers: { ...ALWAYS, etag: '"1"', "content-disposition": "inline" },
        answer: Buffer.from([0xff, 0xd8]),
      },
      { operation: "download", status: 200 },
    ],
    [
      "an answer without a body",
      { path: "/logout", sent: { refreshToken: "x" }, status: 204, ...nothing },
      { status: 204 },
    ],
    [
      "a route that does not exist",
      { path: "/nothing", status: 404, answer: { message: "Not Found" } },
      { operation: "-" },
    ],
  ])("may be %s", (_what, planted, shown) => {
    expect(check(exchange(planted))).toMatchObject(shown);
  });
});

describe("what the document does not know is told:", () => {
  it.each<[string, Planted, string]>([
    ["a status", { status: 418 }, "an answer 418 is not documented"],
    ["a success of another operation", { status: 201 }, "an answer 201 is not documented"],
    ["a content type", { type: "text/html" }, 'not of the type "text/html"'],
    ["a field of an answer", { answer: { deleted: "a_b", colour: "red" } }, "additional properties"],
    ["an answer that lacks a field", { answer: {} }, "required property 'deleted'"],
    ["an answer that lacks a header", { headers: {} }, "no header Cache-Control"],
    [
      "a problem of another operation",
      {
        status: 404,
        type: problem_type,
        answer: problem("job_not_found", "None.").details,
      },
      "must be equal to one of the allowed values",
    ],
    [
      "a problem with a field that is none",
      {
        status: 404,
        type: problem_type,
        answer: { ...not_found, stack: "at" },
      },
      "additional properties",
    ],
    [
      "a header that is wrong",
      {
        status: 503,
        type: problem_type,
        headers: { ...ALWAYS, "retry-after": "soon" },
        answer: problem("storage_unavailable", "Again.").details,
      },
      "Retry-After",
    ],
    [
      "a body where there is none",
      { path: "/logout", sent: { refreshToken: "x" }, status: 204 },
      "has no body",
    ],
    ["a request without a field that was answered", { sent: {} }, "required property 'file'"],
    [
      "a request with a field that is none, and was answered",
      { sent: { file: "a", all: true } },
      "additional properties",
    ],
    [
      "a request of another type that was answered",
      { sent_type: "text/plain" },
      'a request of the type "text/plain"',
    ],
    ["no request that was answered", { sent: Buffer.alloc(0) }, "a request without a body"],
    [
      "a form without the file that was answered",
      { ...upload, form: photo_form("photo") },
      "required property 'file'",
    ],
    ["an operation", { path: "/nothing", status: 200 }, "no such operation"],
    ["a method", { method: "GET", status: 200 }, "no such operation"],
  ])("%s", (_what, planted, message) => {
    expect(() => check(exchange(planted))).toThrow(message);
  });
});
