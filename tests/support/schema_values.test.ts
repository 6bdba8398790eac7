import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { OPENAPI_FILE } from "../../openapi/write.ts";
import { holds } from "./holds.ts";
import { mutated, schema_values } from "./schema_values.ts";

const document: unknown = JSON.parse(readFileSync(OPENAPI_FILE, "utf8"));
const { schemas } = z
  .object({ components: z.object({ schemas: z.record(z.string(), z.record(z.string(), z.unknown())) }) })
  .parse(document).components;
const requests = Object.entries(schemas).filter(([name]) => name.endsWith("Request"));
const ajv = new Ajv2020({ strict: false });
formats.default(ajv);

describe("values of a schema", () => {
  it("are there for each request", () => {
    expect(requests.length).toBeGreaterThan(9);
  });

  it.each(requests)("%s: are valid", (_name, schema) => {
    const validate = ajv.compile(schema);
    holds(fc.property(schema_values(document).valid(schema), (value) => validate(value)));
  });

  it("are also those that are known", () => {
    const schema = { type: "object", properties: { file: { type: "string" } }, required: ["file"] };
    const values = fc.sample(schema_values(document, { file: ["known"] }).valid(schema), 50);
    expect(values).toContainEqual({ file: "known" });
  });

  it("are mostly wrong when they are changed", () => {
    const schema = schemas.RequestUploadRequest ?? {};
    const validate = ajv.compile(schema);
    const values = fc.sample(schema_values(document).valid(schema).chain(mutated), 200);
    expect(values.filter((value) => !validate(value)).length).toBeGreaterThan(100);
  });
});
