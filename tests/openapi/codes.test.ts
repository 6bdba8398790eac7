/** The problems that the document says an operation can answer, against those that its bundle can throw. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stop } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { read_functions_table } from "../../local/functions_table.ts";
import { problem_codes } from "../../openapi/operation.ts";
import { operations } from "../../openapi/operations/index.ts";
import { problem_texts } from "../../openapi/problems.ts";
import { bundle_function } from "../../scripts/build.ts";

const root = join(import.meta.dirname, "..", "..");
const table = read_functions_table();

let work = "";
beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), "openapi-codes-"));
});
afterAll(async () => {
  await stop();
  await rm(work, { recursive: true });
});

/** Thrown by the layer for every function that has a token, which no bundle holds. */
const OF_THE_LAYER = ["unauthenticated"];

/** Of users and passwords, which Cognito does not look at when it is shown a refresh token. */
const OF_SIGNING_IN = [
  "invalid_credentials",
  "invalid_new_password",
  "password_reset_required",
  "user_not_confirmed",
];

/** Why a file is refused, which is no problem's code then but its reason. */
const A_REASON = ["not_an_image"];

/** What a bundle holds and its operation never answers. */
const NEVER_ANSWERED: Readonly<Record<string, readonly string[]>> = {
  login: ["invalid_refresh_token"],
  refresh: OF_SIGNING_IN,
  // It takes a refresh token that is of no use for one that has been revoked.
  logout: [...OF_SIGNING_IN, "invalid_refresh_token"],
  // What becomes of any body that is not as its parser wants it; the guard has let through only forms that it can read.
  upload_single_photo: ["malformed_json"],
  // It makes ids and opens none.
  request_upload: ["upload_not_found"],
  complete_upload: A_REASON,
  cancel_upload: A_REASON,
  unzip: A_REASON,
};

/** The bundle of the document has every code in it. */
const { openapi: _, ...others } = operations;

describe("the problems of", () => {
  it.each(Object.entries(others))("%s are those that its bundle can throw", async (name, operation) => {
    const outfile = join(work, `${name}.cjs`);
    await bundle_function(join(root, "handlers", `${name}.ts`), outfile);
    const bundle = await readFile(outfile, "utf8");
    const held = Object.keys(problem_texts).filter((code) => bundle.includes(`"${code}"`));
    const documented = [...problem_codes(operation, table[name]?.authorized ?? false)];
    const never = NEVER_ANSWERED[name] ?? [];
    expect(never.filter((code) => !held.includes(code))).toEqual([]);
    const thrown = held.filter((code) => !never.includes(code));
    expect(documented.filter((code) => !OF_THE_LAYER.includes(code)).toSorted()).toEqual(thrown.toSorted());
  });
});
