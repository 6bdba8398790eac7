/** Parses a body of JSON, of which no more is read than any request needs. */
import http_json_body_parser from "@middy/http-json-body-parser";
import { type FieldError, problem } from "@photo-uploader/layer";
import type { HttpEvent, HttpMiddleware } from "./pipeline.ts";

/**
 * Characters. The longest request of most schemas has 7,000, with every sign escaped. Parsed, 6 MB of `{}` would take
 * 700 MB and five seconds, and `/login` is open to everyone (bench/MEMORY.md).
 */
const LONGEST_BODY = 65_536;

/**
 * @param may_be_empty takes no body at all for an empty object
 * @param longest characters, where a schema takes more than others
 */
export const json_parser = (may_be_empty = false, longest = LONGEST_BODY): HttpMiddleware => {
  const parser = http_json_body_parser<HttpEvent>();
  const untyped_parser = http_json_body_parser<HttpEvent>({ disableContentTypeCheck: true });
  const json_parser_before: HttpMiddleware["before"] = (request) => {
    if (request.event.body) {
      if (request.event.body.length > longest) throw too_long(longest);
      return parser.before?.(request);
    }
    if (!may_be_empty) throw problem("invalid_request", "The body is empty. Send a JSON object.");
    request.event = { ...request.event, body: "{}", isBase64Encoded: false };
    return untyped_parser.before?.(request);
  };
  return { before: json_parser_before };
};

const too_long = (longest: number) =>
  problem("invalid_request", `Send less: no request needs more than ${longest} characters.`, {
    errors: [{ field: "", message: `Too big: expected at most ${longest} characters` }],
  });

/** More than this helps nobody, and a hostile body may have thousands of unknown fields. */
const ERRORS = 20;

/** @throws Problem `invalid_request` that names every field that is missing, wrong or unknown */
export function refuse_fields(found: readonly FieldError[]): never {
  const errors = found.slice(0, ERRORS);
  const fields = errors.map(({ field }) => field || "the body").join(", ");
  throw problem("invalid_request", `Mend and send again: ${fields}.`, { errors });
}

const FIELD_CHARACTERS = 100;

export const unknown_field = (path: readonly string[]): FieldError => ({
  field: path.join(".").slice(0, FIELD_CHARACTERS),
  message: "There is no such field.",
});
