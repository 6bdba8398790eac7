/** JSON Schemas of the zod schemas, with a description of each field, none of which can be forgotten. */
import * as z from "zod";

export type JsonSchema = z.core.JSONSchema.BaseSchema;

/** Keys of every member of a union. */
type KeysOf<T> = T extends unknown ? keyof T : never;
type ValueOf<T, Key> = T extends unknown ? (Key extends keyof T ? T[Key] : never) : never;
/** What an array holds, and whatever else as it is. */
type Element<T> = NonNullable<T> extends readonly (infer Item)[] ? Element<Item> : NonNullable<T>;

/** Of an object, what it is and its fields; of anything else, a dictionary among them, what it is. */
type Text<T> = [Element<T>] extends [object]
  ? string extends KeysOf<Element<T>>
    ? string
    : { readonly about: string; readonly fields: Fields<Element<T>> }
  : string;

/** A description of each field, in the shape of the value. A field that several members of a union have has one. */
export type Fields<T> = { readonly [Key in KeysOf<T> & string]: Text<ValueOf<T, Key>> };

/**
 * @param direction `input` for what a client sends, in which fields that have a default are optional
 * @throws Error for a schema that says more than JSON Schema can, such as a pattern with flags
 */
export function json_schema<Schema extends z.core.$ZodType>(
  schema: Schema,
  direction: "input" | "output",
  fields: Fields<z.output<Schema>>,
): JsonSchema {
  const { $schema, ...made } = z.toJSONSchema(schema, {
    io: direction,
    override: ({ zodSchema, jsonSchema }) => {
      refuse_flags(zodSchema);
      shorten_times(jsonSchema);
    },
  });
  return described(made, fields);
}

/** JSON Schema's patterns have no flags: one that ignores case would say something else there. */
function refuse_flags(schema: z.core.$ZodType): void {
  for (const check of schema._zod.def.checks ?? []) {
    const { def } = check._zod;
    if ("pattern" in def && def.pattern instanceof RegExp && def.pattern.flags.replace("u", "") !== "") {
      throw new Error(`The pattern ${def.pattern} has flags, which JSON Schema cannot express.`);
    }
  }
}

/** zod's own pattern knows the days of each month and fills five lines; `date-time` says as much, but for milliseconds. */
function shorten_times(schema: JsonSchema): void {
  if (schema.format !== "date-time") return;
  if (schema.pattern?.includes("\\.\\d{3}")) schema.pattern = "\\.\\d{3}Z$";
  else delete schema.pattern;
}

type Texts = Readonly<Record<string, unknown>>;

function described(schema: JsonSchema, texts: Texts): JsonSchema {
  const { properties, items, oneOf, anyOf } = schema;
  return {
    ...schema,
    ...(properties && { properties: describe_each(properties, texts) }),
    ...(is_schema(items) && { items: described(items, texts) }),
    ...(oneOf && { oneOf: oneOf.filter(is_schema).map((member) => described(member, texts)) }),
    ...(anyOf && { anyOf: anyOf.filter(is_schema).map((member) => described(member, texts)) }),
  };
}

function describe_each(properties: NonNullable<JsonSchema["properties"]>, texts: Texts) {
  return Object.fromEntries(
    Object.entries(properties).map(([name, property]) => {
      const text = texts[name];
      if (!is_schema(property)) throw new Error(`The field ${name} has no schema.`);
      if (typeof text === "string") return [name, { description: text, ...property }];
      if (!is_text_of_object(text)) throw new Error(`The field ${name} has no description.`);
      return [name, { description: text.about, ...described(property, text.fields) }];
    }),
  );
}

const is_schema = (schema: unknown): schema is JsonSchema =>
  typeof schema === "object" && schema !== null && !Array.isArray(schema);

const is_text_of_object = (text: unknown): text is { readonly about: string; readonly fields: Texts } =>
  typeof text === "object" &&
  text !== null &&
  "about" in text &&
  typeof text.about === "string" &&
  "fields" in text &&
  typeof text.fields === "object" &&
  text.fields !== null;
