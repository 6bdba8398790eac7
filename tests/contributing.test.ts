/** Names what was forgotten of the recipes in CONTRIBUTING.md, and what the documents no longer say truly. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";
import { read_functions_table } from "../local/functions_table.ts";
import { environments } from "../schemas/environment.ts";

const root = join(import.meta.dirname, "..");
const read = (path: string): string => readFileSync(join(root, path), "utf8");
const modules_of = (folder: string): string[] =>
  readdirSync(join(root, folder))
    .filter((file) => file.endsWith(".ts") && file !== "index.ts")
    .map((file) => basename(file, ".ts"));

const table = read_functions_table();
const endpoints = Object.keys(table).filter((name) => table[name]?.route !== undefined);
const api = read("docs/api.md");

describe("a new endpoint", () => {
  it("has a handler for each function of the table, and a function for each handler", () => {
    expect(modules_of("handlers").sort()).toEqual(Object.keys(table).sort());
  });

  it.each(endpoints)("%s: its route, schema, test and documents are there", (name) => {
    // What is not a POST takes no body, and is at a path of its own.
    const route = table[name]?.route?.startsWith("GET ") ? table[name].route : `POST /${name}`;
    const [method, path = ""] = route.split(" ");
    const forgotten = [
      table[name]?.route === route ? "" : `the route ${route} in the table of functions`,
      method === "GET" || existsSync(join(root, "schemas", `${name}.ts`)) ? "" : `schemas/${name}.ts`,
      existsSync(join(root, "openapi", "operations", `${name}.ts`)) ? "" : `openapi/operations/${name}.ts`,
      existsSync(join(root, "tests", "handlers", `${name}.test.ts`)) ? "" : `tests/handlers/${name}.test.ts`,
      api.includes(`\n## ${route}\n`) ? "" : `the section "## ${route}" in docs/api.md`,
      new RegExp(`curl \\$api${path}\\s`).test(read("README.md"))
        ? ""
        : `the curl line of ${path} in README.md`,
    ];
    expect(forgotten.filter(Boolean)).toEqual([]);
  });

  it.each(Object.keys(table))("%s: the table gives it the variables that it reads", (name) => {
    const settings = /read_environment\("(\w+)"\)/.exec(read(`handlers/${name}.ts`))?.[1] ?? "";
    const schema = new Map(Object.entries(environments)).get(settings);
    const missing_from_nothing = schema?.safeParse({}).error?.issues.map(({ path }) => path[0]);
    expect(table[name]?.environment.toSorted()).toEqual((missing_from_nothing ?? []).toSorted());
  });
});

describe("a new middleware", () => {
  it.each(modules_of("middleware"))("%s has a test", (name) => {
    expect(readdirSync(join(root, "tests", "middleware"))).toContain(`${name}.test.ts`);
  });

  it("has named hooks, which show in a stack trace", () => {
    const hooks = ["middleware", "layer"].flatMap((folder) =>
      modules_of(folder).flatMap((name) => [
        ...read(`${folder}/${name}.ts`).matchAll(/\b(before|after|onError): ([^,}\s]+)/g),
      ]),
    );
    expect(hooks.length).toBeGreaterThan(5);
    for (const [, hook, name] of hooks) {
      expect(name).toMatch(hook === "onError" ? /_(on_error|after)$/ : new RegExp(`_${hook}$`));
    }
  });
});

describe("the documents", () => {
  it("name every problem code, and no other", () => {
    const codes = [...read("layer/errors.ts").matchAll(/^ {2}(\w+): \{\s*status/gm)].map(([, code]) => code);
    const documented = api
      .slice(api.indexOf("## Problems"))
      .split("\n")
      .filter((line) => /^\| \d{3} \|/.test(line))
      .flatMap((line) => [...(line.split("|")[2] ?? "").matchAll(/`(\w+)`/g)].map(([, code]) => code));
    expect(documented.toSorted()).toEqual(codes.toSorted());
  });

  it("name every reason of the archive engine", () => {
    const reasons = [...read("archive/errors.ts").matchAll(/^ {2}\| "(\w+)"/gm)].map(([, reason]) => reason);
    const unzip = api.slice(api.indexOf("## POST /unzip"), api.indexOf("## POST /list"));
    expect(reasons.length).toBeGreaterThan(10);
    expect(reasons.filter((reason) => !unzip.includes(`\`${reason}\``))).toEqual([]);
  });

  it("point only to files that are there", () => {
    const documents = ["README.md", "CONTRIBUTING.md", "docs/api.md", "archive/README.md"];
    for (const document of documents) {
      const links = [...read(document).matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, link]) => link ?? "");
      expect(links.filter((link) => !existsSync(join(root, document, "..", link)))).toEqual([]);
    }
  });
});

describe("the code", () => {
  it.each(["handlers", "layer", "storage", "details", "jobs", "identity"])(
    "%s/: every module has its test",
    (folder) => {
      const tests = readdirSync(join(root, "tests", folder));
      expect(modules_of(folder).filter((name) => !tests.includes(`${name}.test.ts`))).toEqual([]);
    },
  );

  it("has one version of every AWS package", () => {
    const versions = [...read("package.json").matchAll(/"@aws-sdk\/[\w-]+": "([^"]+)"/g)];
    expect(versions.length).toBeGreaterThan(1);
    expect(new Set(versions.map(([, version]) => version)).size).toBe(1);
  });

  it("names no registry in its lockfile", () => {
    expect(read("package-lock.json")).not.toMatch(/"resolved": "https?:/);
  });
});
