import { describe, expect, it } from "vitest";
import * as z from "zod";
import { json_schema } from "../../openapi/json_schema.ts";

describe("a JSON Schema", () => {
  it("has the limits of the zod schema, and a description of each field, however deep", () => {
    const schema = z.strictObject({
      name: z.string().max(5),
      photos: z.array(z.strictObject({ size: z.int().min(1) })),
      urls: z.record(z.string(), z.url()),
    });
    const made = json_schema(schema, "output", {
      name: "The name.",
      photos: { about: "The photos.", fields: { size: "The size." } },
      urls: "By number.",
    });
    expect(made).toMatchObject({
      additionalProperties: false,
      required: ["name", "photos", "urls"],
      properties: {
        name: { description: "The name.", type: "string", maxLength: 5 },
        photos: {
          description: "The photos.",
          items: { properties: { size: { description: "The size.", minimum: 1 } } },
        },
        urls: { description: "By number.", additionalProperties: { format: "uri" } },
      },
    });
  });

  it("describes a field of several members of a union in each", () => {
    const schema = z.discriminatedUnion("kind", [
      z.strictObject({ kind: z.literal("a"), size: z.int() }),
      z.strictObject({ kind: z.literal("b") }),
    ]);
    const made = json_schema(schema, "output", { kind: "Which.", size: "How much." });
    expect(made.oneOf).toMatchObject([
      { properties: { kind: { description: "Which." }, size: { description: "How much." } } },
      { properties: { kind: { description: "Which." } } },
    ]);
  });

  it("has optional what has a default, in what is sent", () => {
    const schema = z.strictObject({ sign: z._default(z.array(z.int()), []) });
    expect(json_schema(schema, "input", { sign: "Numbers." }).required).toBeUndefined();
    expect(json_schema(schema, "output", { sign: "Numbers." }).required).toEqual(["sign"]);
  });

  it("is not made of a pattern that it cannot express", () => {
    const schema = z.strictObject({ crc32: z.string().regex(/^[0-9a-f]{8}$/i) });
    expect(() => json_schema(schema, "input", { crc32: "The CRC-32." })).toThrow("has flags");
  });

  it("says of times that they have milliseconds, in UTC", () => {
    const made = json_schema(z.strictObject({ at: z.iso.datetime({ precision: 3 }) }), "output", {
      at: "When.",
    });
    expect(made.properties?.at).toEqual({
      description: "When.",
      type: "string",
      format: "date-time",
      pattern: "\\.\\d{3}Z$",
    });
  });

  it("does not compile where a field is forgotten, or there is none of that name", () => {
    const schema = z.strictObject({ name: z.string(), size: z.optional(z.int()) });
    // @ts-expect-error size is forgotten
    expect(() => json_schema(schema, "output", { name: "The name." })).toThrow("size");
    // @ts-expect-error there is no colour
    json_schema(schema, "output", { name: "The name.", size: "The size.", colour: "None." });
  });
});
