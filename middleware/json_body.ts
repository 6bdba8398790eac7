/** A JSON body, judged by a schema. */
import type { FieldError } from "@photo-uploader/layer";
import { en } from "zod/locales";
import * as z from "zod/mini";
import { json_parser, refuse_fields, unknown_field } from "./json_parser.ts";
import type { BodyKind } from "./pipeline.ts";

/** zod/mini, which makes the bundles smaller by a sixth, says no more than "Invalid input" without it. */
z.config(en());

interface JsonBodyOptions {
  /** Takes no body at all for an empty object. */
  readonly may_be_empty?: boolean;
  /** Characters that are parsed; as many as a request without lists needs, unless told. */
  readonly longest?: number;
}

/** A body of `application/json`. */
export const json_body = <Schema extends z.ZodMiniType>(
  schema: Schema,
  { may_be_empty = false, longest }: JsonBodyOptions = {},
): BodyKind<z.output<Schema>> => ({
  middleware: [json_parser(may_be_empty, longest)],
  read: ({ body }) => judged(schema, body),
});

/** @throws Problem `invalid_request` */
function judged<Schema extends z.ZodMiniType>(schema: Schema, body: unknown): z.output<Schema> {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  return refuse_fields(result.error.issues.flatMap(field_errors));
}

function field_errors(issue: z.core.$ZodIssue): FieldError[] {
  const path = issue.path.map(String);
  if (issue.code === "unrecognized_keys") return issue.keys.map((key) => unknown_field([...path, key]));
  const nearest = issue.code === "invalid_union" ? nearest_of(issue.errors) : [];
  if (nearest.length > 0) {
    return nearest.flatMap((inner) => field_errors({ ...inner, path: [...issue.path, ...inner.path] }));
  }
  return [{ field: path.join("."), message: issue.message }];
}

/** Of the shapes that a body may have, what is wrong with the one of which it has the most fields right. */
const nearest_of = (shapes: readonly (readonly z.core.$ZodIssue[])[]): readonly z.core.$ZodIssue[] =>
  shapes.toSorted((one, other) => wrong_fields(one).size - wrong_fields(other).size)[0] ?? [];

const wrong_fields = (issues: readonly z.core.$ZodIssue[]): ReadonlySet<PropertyKey | undefined> =>
  new Set(issues.flatMap((issue) => (issue.code === "unrecognized_keys" ? issue.keys : [issue.path[0]])));
