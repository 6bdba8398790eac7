/** A JSON body, judged by a schema. */
import http_json_body_parser from "@middy/http-json-body-parser";
import { type FieldError, problem } from "@photo-uploader/layer";
import { en } from "zod/locales";
import * as z from "zod/mini";
import type { BodyKind, HttpEvent, HttpMiddleware } from "./pipeline.ts";

/** zod/mini, which makes the bundles smaller by a sixth, says no more than "Invalid input" without it. */
z.config(en());

/**
 * Characters. The longest request that a schema takes has 5,000, with every sign escaped. Parsed, 6 MB of `{}` would take
 * 700 MB and five seconds, and `/login` is open to everyone (bench/MEMORY.md).
 */
const LONGEST_BODY = 65_536;

/** A body of `application/json`; `may_be_empty` takes no body at all for an empty object. */
export const json_body = <Schema extends z.ZodMiniType>(
  schema: Schema,
  { may_be_empty = false }: { readonly may_be_empty?: boolean } = {},
): BodyKind<z.output<Schema>> => ({
  middleware: [json_parser(may_be_empty)],
  read: ({ body }) => judged(schema, body),
});

const json_parser = (may_be_empty: boolean): HttpMiddleware => {
  const parser = http_json_body_parser<HttpEvent>();
  const untyped_parser = http_json_body_parser<HttpEvent>({ disableContentTypeCheck: true });
  const json_parser_before: HttpMiddleware["before"] = (request) => {
    if (request.event.body) {
      if (request.event.body.length > LONGEST_BODY) throw too_long();
      return parser.before?.(request);
    }
    if (!may_be_empty) throw problem("invalid_request", "The body is empty. Send a JSON object.");
    request.event = { ...request.event, body: "{}", isBase64Encoded: false };
    return untyped_parser.before?.(request);
  };
  return { before: json_parser_before };
};

const too_long = () =>
  problem("invalid_request", `Send less: no request needs more than ${LONGEST_BODY} characters.`, {
    errors: [{ field: "", message: `Too big: expected at most ${LONGEST_BODY} characters` }],
  });

/** More than this helps nobody, and a hostile body may have thousands of unknown fields. */
const ERRORS = 20;
const FIELD_CHARACTERS = 100;

/** @throws Problem `invalid_request` that names every field that is missing, wrong or unknown. */
function judged<Schema extends z.ZodMiniType>(schema: Schema, body: unknown): z.output<Schema> {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const errors = result.error.issues.flatMap(field_errors).slice(0, ERRORS);
  const fields = errors.map(({ field }) => field || "the body").join(", ");
  throw problem("invalid_request", `Mend and send again: ${fields}.`, { errors });
}

function field_errors(issue: z.core.$ZodIssue): FieldError[] {
  const path = issue.path.map(String);
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({
      field: [...path, key].join(".").slice(0, FIELD_CHARACTERS),
      message: "There is no such field.",
    }));
  }
  return [{ field: path.join("."), message: issue.message }];
}
