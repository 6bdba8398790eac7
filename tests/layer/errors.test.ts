import { afterEach, describe, expect, it, vi } from "vitest";
import { is_problem, Problem, type ProblemCode, problem } from "../../layer/errors.ts";
import { problem_response } from "../../schemas/problem.ts";

/** What clients rely on: a code never changes its status. */
const STATUS: Readonly<Record<ProblemCode, number>> = {
  malformed_json: 400,
  invalid_request: 400,
  malformed_multipart: 400,
  missing_file: 400,
  too_many_files: 400,
  empty_file: 400,
  invalid_cursor: 400,
  invalid_new_password: 400,
  invalid_credentials: 401,
  invalid_refresh_token: 401,
  unauthenticated: 401,
  new_password_required: 403,
  user_not_confirmed: 403,
  password_reset_required: 403,
  challenge_not_supported: 403,
  photo_not_found: 404,
  upload_not_found: 404,
  job_not_found: 404,
  upload_incomplete: 409,
  upload_completed: 409,
  file_too_large: 413,
  unsupported_media_type: 415,
  not_an_image: 415,
  type_not_accepted: 422,
  upload_refused: 422,
  invalid_archive: 422,
  empty_archive: 422,
  archive_too_large: 422,
  internal_error: 500,
  storage_refused: 502,
  storage_unavailable: 503,
  identity_refused: 502,
  identity_unavailable: 503,
  timeout: 504,
};

const is_code = (code: string): code is ProblemCode => code in STATUS;

const codes = Object.keys(STATUS).filter(is_code);

afterEach(() => {
  vi.resetModules();
});

describe("problem", () => {
  it.each(codes)("makes problem details of %s", (code) => {
    const made = problem(code, "What to do about it.");
    expect(made).toBeInstanceOf(Error);
    expect(made.statusCode).toBe(STATUS[code]);
    expect(made.details).toEqual({
      type: `urn:photo-uploader:problem:${code}`,
      title: expect.stringMatching(/^[A-Z].+[^.]$/),
      status: STATUS[code],
      code,
      detail: "What to do about it.",
    });
    expect(problem_response.safeParse({ ...made.details, requestId: "r" }).success).toBe(true);
  });

  it("gives every code a title of its own", () => {
    expect(new Set(codes.map((code) => problem(code, "").details.title)).size).toBe(codes.length);
  });

  it.each(codes)("names a time to wait where %s passes by itself, and only there", (code) => {
    expect(problem(code, "").retry_after).toBe(STATUS[code] === 503 ? 2 : undefined);
  });

  it("names the fields that are wrong and why an archive was refused", () => {
    const errors = [{ field: "username", message: "is missing" }];
    const { details } = problem("invalid_request", "Mend it.", { errors, reason: "truncated" });
    expect(details).toMatchObject({ errors, reason: "truncated" });
  });

  it("keeps its cause out of what a client sees", () => {
    const cause = new Error("canary");
    const made = problem("storage_refused", "Tell the operator.", { cause });
    expect(made.cause).toBe(cause);
    expect(JSON.stringify(made.details)).not.toContain("canary");
    expect(JSON.stringify(made)).not.toContain("canary");
  });

  it("has no cause where none is given", () => {
    expect("cause" in problem("timeout", "Try again.")).toBe(false);
  });
});

describe("is_problem", () => {
  it("recognises a problem", () => {
    expect(is_problem(problem("timeout", "Try again."))).toBe(true);
  });

  it("recognises a problem that another copy of the class has made", async () => {
    vi.resetModules();
    const other = await import("../../layer/errors.ts");
    const foreign = other.problem("timeout", "Try again.");
    expect(foreign).not.toBeInstanceOf(Problem);
    expect(is_problem(foreign)).toBe(true);
  });

  it.each([
    ["an error", new Error("x")],
    ["an error of Node's", Object.assign(new Error("x"), { code: "ECONNRESET", details: {} })],
    ["an error of the SDK's", Object.assign(new Error("x"), { name: "NoSuchKey", $metadata: {} })],
    ["an error with its name alone", Object.assign(new Error("x"), { name: "Problem" })],
    ["an object with its fields", { name: "Problem", code: "timeout", details: {}, statusCode: 504 }],
    ["a text", "Problem"],
    ["null", null],
    ["undefined", undefined],
  ])("does not take %s for one", (_, thrown) => {
    expect(is_problem(thrown)).toBe(false);
  });
});
