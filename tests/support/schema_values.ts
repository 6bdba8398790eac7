/** fast-check arbitraries of what a JSON Schema of openapi.json describes, and of what it does not. */
import * as fc from "fast-check";
import * as z from "zod";

export type Schema = Readonly<Record<string, unknown>>;

const schema_words = z.looseObject({
  $ref: z.string().optional(),
  type: z.string().optional(),
  const: z.unknown().optional(),
  enum: z.array(z.unknown()).optional(),
  pattern: z.string().optional(),
  format: z.string().optional(),
  minLength: z.int().default(0),
  maxLength: z.int().default(100),
  minimum: z.int().optional(),
  exclusiveMinimum: z.int().optional(),
  maximum: z.int().default(Number.MAX_SAFE_INTEGER),
  properties: z.record(z.string(), z.record(z.string(), z.unknown())).default({}),
  required: z.array(z.string()).default([]),
  /** Values that fields must not have together. */
  not: z.object({ properties: z.record(z.string(), z.object({ const: z.unknown() })) }).optional(),
  items: z.record(z.string(), z.unknown()).default({}),
  minItems: z.int().default(0),
  maxItems: z.int().default(10),
  uniqueItems: z.boolean().default(false),
  oneOf: z.array(z.record(z.string(), z.unknown())).default([]),
  anyOf: z.array(z.record(z.string(), z.unknown())).default([]),
});

/** Values of a field whatever its schema says further, such as the ids of things that are there. */
export type Known = Readonly<Record<string, readonly unknown[]>>;

export interface SchemaValues {
  /** Values that the schema describes. */
  valid(schema: Schema): fc.Arbitrary<unknown>;
}

/** @param document in which references are looked up */
export function schema_values(document: unknown, known: Known = {}): SchemaValues {
  function valid(schema: Schema): fc.Arbitrary<unknown> {
    const words = schema_words.parse(schema);
    if (words.$ref !== undefined) return valid(referred(document, words.$ref));
    if ("const" in schema) return fc.constant(words.const);
    if (words.enum !== undefined) return fc.constantFrom(...words.enum);
    const members = [...words.oneOf, ...words.anyOf];
    if (members.length > 0) return fc.oneof(...members.map(valid));
    if (words.type === "string") return text(words);
    if (words.type === "boolean") return fc.boolean();
    if (words.type === "integer") {
      const min = words.minimum ?? (words.exclusiveMinimum ?? -1) + 1;
      return fc
        .oneof(fc.integer({ min, max: Math.min(words.maximum, min + 1000) }), fc.maxSafeInteger())
        .map((number) => Math.min(Math.max(number, min), words.maximum));
    }
    if (words.type === "array") {
      const { minItems: minLength, uniqueItems } = words;
      // More than these would take long, and say no more.
      const maxLength = Math.min(words.maxItems, Math.max(minLength, MOST_ITEMS));
      const items = valid(words.items);
      return uniqueItems
        ? fc.uniqueArray(items, { minLength, maxLength, selector: (item) => JSON.stringify(item) })
        : fc.array(items, { minLength, maxLength });
    }
    if (words.type === "object") return fields(words);
    throw new Error(`There are no values for ${JSON.stringify(schema)}.`);
  }

  function fields({ properties, required, not }: z.infer<typeof schema_words>): fc.Arbitrary<unknown> {
    const model = Object.entries(properties).map(([name, schema]) => {
      const there = (known[name] ?? []).filter((value) => fits(value, schema));
      const arbitrary = valid(schema);
      return [name, there.length > 0 ? fc.oneof(fc.constantFrom(...there), arbitrary) : arbitrary] as const;
    });
    const unwanted = Object.entries(not?.properties ?? {});
    return fc
      .record(Object.fromEntries(model), { requiredKeys: required })
      .filter(
        (value) => unwanted.length === 0 || unwanted.some(([name, { const: only }]) => value[name] !== only),
      );
  }

  return { valid };
}

const MOST_ITEMS = 100;

/** RFC 3339, in UTC and elsewhere. */
const moment: fc.Arbitrary<string> = fc
  .tuple(
    fc.date({
      min: new Date("0000-01-01T00:00:00Z"),
      max: new Date("9999-12-31T23:59:59Z"),
      noInvalidDate: true,
    }),
    fc.constantFrom("Z", "+00:00", "+14:00", "-09:30"),
    fc.constantFrom("", ".1", ".123", ".123456789"),
  )
  .map(([date, zone, fraction]) => `${date.toISOString().slice(0, 19)}${fraction}${zone}`);

/** A cursor of one operation is too long for another. */
const fits = (value: unknown, schema: Schema): boolean =>
  typeof value !== "string" || value.length <= schema_words.parse(schema).maxLength;

/** Lengths are those of UTF-16, as the document says. */
function text({ pattern, format, minLength, maxLength }: z.infer<typeof schema_words>): fc.Arbitrary<string> {
  if (pattern === undefined && format === "date-time") return moment;
  if (pattern !== undefined) return fc.stringMatching(new RegExp(pattern));
  const bounds = { minLength, maxLength };
  return fc
    .oneof(
      { weight: 3, arbitrary: fc.string(bounds) },
      { weight: 2, arbitrary: fc.string({ ...bounds, unit: "binary" }) },
      { weight: 1, arbitrary: fc.string({ ...bounds, unit: "grapheme" }) },
      { weight: 1, arbitrary: fc.constant("x".repeat(maxLength)) },
    )
    .filter(({ length }) => length >= minLength && length <= maxLength);
}

function referred(document: unknown, $ref: string): Schema {
  const found = $ref
    .slice(2)
    .split("/")
    .reduce<unknown>((part, name) => z.record(z.string(), z.unknown()).parse(part)[name], document);
  return z.record(z.string(), z.unknown()).parse(found);
}

/** JSON values near to one: a field is missing, wrong, too long, or too many; or it is another value altogether. */
export function mutated(value: unknown): fc.Arbitrary<unknown> {
  if (typeof value !== "object" || value === null) return fc.jsonValue();
  const whole: Readonly<Record<string, unknown>> = { ...value };
  const names = Object.keys(whole);
  const strange = fc.oneof(
    fc.jsonValue(),
    fc.constantFrom("", "x".repeat(9_000), -1, 0, 1.5, 1e300, null, [], {}),
  );
  const changes: fc.Arbitrary<unknown>[] = [
    fc.jsonValue(),
    fc.tuple(fc.string({ unit: "binary" }), strange).map(([name, added]) => ({ ...whole, [name]: added })),
  ];
  if (names.length > 0) {
    const name = fc.constantFrom(...names);
    changes.push(
      name.map((lost) => Object.fromEntries(Object.entries(whole).filter(([key]) => key !== lost))),
      fc.tuple(name, strange).map(([changed, now]) => ({ ...whole, [changed]: now })),
      fc.tuple(name, strange).map(([changed, now]) => ({ ...whole, [changed]: now })),
    );
  }
  return fc.oneof(...changes);
}
