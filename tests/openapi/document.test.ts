import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { read_functions_table } from "../../local/functions_table.ts";
import { openapi_document } from "../../openapi/document.ts";
import { problem_texts } from "../../openapi/problems.ts";
import { OPENAPI_FILE, openapi_text } from "../../openapi/write.ts";

const operation = z.object({
  operationId: z.string(),
  security: z.array(z.record(z.string(), z.array(z.string()))),
  requestBody: z.optional(z.object({ content: z.record(z.string(), z.unknown()) })),
  responses: z.record(z.string(), z.unknown()),
});
const document = z
  .object({
    paths: z.record(z.string(), z.record(z.string(), operation)),
    components: z.object({ schemas: z.record(z.string(), z.unknown()) }),
  })
  .parse(openapi_document());

/** Each object within a value, with the way to it. */
function* objects_in(value: unknown, at = "#"): Generator<readonly [string, Record<string, unknown>]> {
  if (typeof value !== "object" || value === null) return;
  if (!Array.isArray(value)) yield [at, { ...value }];
  for (const [key, member] of Object.entries(value)) yield* objects_in(member, `${at}/${key}`);
}

const properties_of = (properties: unknown): [string, unknown][] =>
  typeof properties === "object" && properties !== null ? Object.entries(properties) : [];

const has_description = (property: unknown): boolean =>
  z.object({ description: z.string().min(1) }).safeParse(property).success;

describe("openapi.json", () => {
  it("is what the schemas say now; npm run openapi makes it anew", () => {
    expect(readFileSync(OPENAPI_FILE, "utf8") === openapi_text(), "Run npm run openapi.").toBe(true);
  });

  it("has the routes of the table of functions, and says which of them want a token", () => {
    const routes = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { operationId, security }]) => [
        operationId,
        { route: `${method.toUpperCase()} ${path}`, authorized: security.length > 0 },
      ]),
    );
    const in_table = Object.entries(read_functions_table()).flatMap(([name, { route, authorized }]) =>
      route === undefined ? [] : [[name, { route, authorized }]],
    );
    expect(Object.fromEntries(routes)).toEqual(Object.fromEntries(in_table));
  });

  it("describes every field", () => {
    const bare: string[] = [];
    let fields = 0;
    for (const [at, { properties }] of objects_in(document.components.schemas)) {
      // What fields must not say together is no field.
      if (at.endsWith("/not")) continue;
      for (const [name, property] of properties_of(properties)) {
        fields += 1;
        if (!has_description(property)) bare.push(`${at}/${name}`);
      }
    }
    expect(bare).toEqual([]);
    expect(fields).toBeGreaterThan(60);
  });

  it("has an example of each problem, as the function answers it", () => {
    for (const [code, { example }] of Object.entries(problem_texts)) {
      expect(example).toMatchObject({ code, type: `urn:photo-uploader:problem:${code}` });
      expect(example.detail).toMatch(/\S/);
    }
  });

  it("uses every problem", () => {
    const responses = JSON.stringify(document.paths);
    expect(Object.keys(problem_texts).filter((code) => !responses.includes(`.${code}`))).toEqual([]);
  });
});
