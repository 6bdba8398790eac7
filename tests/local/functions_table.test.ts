import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { read_functions_table } from "../../local/functions_table.ts";

const dir = mkdtempSync(path.join(tmpdir(), "photo-uploader-table-"));
afterAll(() => rmSync(dir, { recursive: true }));

const COMMON = { memory_mb: 256, timeout_s: 10, environment: [], permissions: {} };

function read(functions: object) {
  const file = path.join(dir, "table.json");
  writeFileSync(file, JSON.stringify({ functions }));
  return read_functions_table(file);
}

describe("the table of functions", () => {
  it("of the project has the authorizer, the endpoints, of which those of tokens and of the description are open, and the workers", () => {
    const table = read_functions_table();
    const routes = Object.entries(table).map(([name, { route, queue, authorized }]) => [
      name,
      route ?? queue,
      authorized,
    ]);
    expect(routes.toSorted()).toEqual([
      ["admit", "admissions", false],
      ["authorizer", undefined, false],
      ["cancel_upload", "POST /cancel_upload", true],
      ["check", "POST /check", true],
      ["complete_upload", "POST /complete_upload", true],
      ["delete", "POST /delete", true],
      ["download", "POST /download", true],
      ["export", "exports", false],
      ["extract", "extractions", false],
      ["job", "POST /job", true],
      ["list", "POST /list", true],
      ["login", "POST /login", false],
      ["logout", "POST /logout", false],
      ["openapi", "GET /openapi.json", false],
      ["refresh", "POST /refresh", false],
      ["request_upload", "POST /request_upload", true],
      ["restore", "POST /restore", true],
      ["unzip", "POST /unzip", true],
      ["upload_parts", "POST /upload_parts", true],
      ["upload_single_photo", "POST /upload_single_photo", true],
    ]);
  });

  it("takes a function with a queue instead of a route", () => {
    const table = read({ authorizer: COMMON, admit: { ...COMMON, queue: "admissions" } });
    expect(table.admit).toMatchObject({ queue: "admissions", authorized: false });
  });

  it.each([
    ["no authorizer", { login: { ...COMMON, route: "POST /login" } }, "there is no authorizer"],
    ["a function without a route", { authorizer: COMMON, login: COMMON }, "has a route"],
    ["an authorizer with a route", { authorizer: { ...COMMON, route: "GET /" } }, "but the authorizer"],
    [
      "one route twice",
      { authorizer: COMMON, a: { ...COMMON, route: "GET /" }, b: { ...COMMON, route: "GET /" } },
      "the same route",
    ],
    [
      "a route and a queue",
      { authorizer: COMMON, a: { ...COMMON, route: "GET /", queue: "admissions" } },
      "and not both",
    ],
    ["an authorizer with a queue", { authorizer: { ...COMMON, queue: "admissions" } }, "but the authorizer"],
    ["a queue that there is not", { authorizer: COMMON, a: { ...COMMON, queue: "thumbnails" } }, "queue"],
    [
      "one queue twice",
      {
        authorizer: COMMON,
        a: { ...COMMON, queue: "extractions" },
        b: { ...COMMON, queue: "extractions" },
      },
      "the same queue",
    ],
    [
      "a queue with an authorizer",
      { authorizer: COMMON, a: { ...COMMON, queue: "admissions", authorized: true } },
      "about routes only",
    ],
    [
      "a route without a method",
      { authorizer: COMMON, a: { ...COMMON, route: "/login" } },
      "a method and a path",
    ],
    ["more memory than Lambda has", { authorizer: { ...COMMON, memory_mb: 20_000 } }, "memory_mb"],
    [
      "a wildcard for an action",
      { authorizer: { ...COMMON, permissions: { photos: ["s3:*"] } } },
      "one whole action",
    ],
    ["a word that is not known", { authorizer: { ...COMMON, timeout: 3 } }, "timeout"],
  ])("with %s is refused", (_name, functions, message) => {
    expect(() => read(functions)).toThrow(message);
  });
});
