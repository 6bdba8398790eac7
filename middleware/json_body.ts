/** A JSON body, judged by a schema. */
import type { FieldError } from "@photo-uploader/layer";
import { en } from "zod/locales";
import * as z from "zod/mini";
import { json_parser, refuse_fields, unknown_field } from "./json_parser.ts";
import type { BodyKind } from "./pipeline.ts";

/** zod/mini, which makes the bundles smaller by a sixth, says no more than "Invalid input" without it. */
z.config(en());

/** A body of `application/json`; `may_be_empty` takes no body at all for an empty object, `longest` is in characters. */
export const json_body = <Schema extends z.ZodMiniType>(
  schema: Schema,
  { may_be_empty, longest }: { readonly may_be_empty?: boolean; readonly longest?: number } = {},
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
  if (issue.code === "invalid_union") return nearest(issue.errors).flatMap(field_errors);
  if (issue.code === "unrecognized_keys") return issue.keys.map((key) => unknown_field([...path, key]));
  return [{ field: path.join("."), message: issue.message }];
}

/** What is wrong with the request as the member of a union that it comes nearest to; of the first one, if as near. */
const nearest = (members: readonly z.core.$ZodIssue[][]): readonly z.core.$ZodIssue[] =>
  members.reduce<z.core.$ZodIssue[]>(
    (best, issues, index) => (index === 0 || weight(issues) < weight(best) ? issues : best),
    [],
  );

const weight = (issues: readonly z.core.$ZodIssue[]): number =>
  issues.reduce((sum, issue) => sum + (issue.code === "unrecognized_keys" ? issue.keys.length : 1), 0);
