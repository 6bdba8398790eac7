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
  it("of the project has the authorizer and the six endpoints, of which login alone is open", () => {
    const table = read_functions_table();
    const routes = Object.entries(table).map(([name, { route, authorized }]) => [name, route, authorized]);
    expect(routes.toSorted()).toEqual([
      ["authorizer", undefined, false],
      ["delete", "POST /delete", true],
      ["download", "POST /download", true],
      ["list", "POST /list", true],
      ["login", "POST /login", false],
      ["unzip", "POST /unzip", true],
      ["upload_single_photo", "POST /upload_single_photo", true],
    ]);
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
