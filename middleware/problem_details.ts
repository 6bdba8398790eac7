/** Middy middleware: turns whatever went wrong into problem details (RFC 9457), for Middy's error handler to render. */
import { is_problem, log, loggable, type Problem, problem } from "@photo-uploader/layer";
import type { HttpMiddleware } from "./pipeline.ts";

/**
 * Stands after Middy's error handler in the pipeline: `onError` runs in reverse order, so the handler renders what
 * is made here. The cause of a server-side problem is logged; no cause is ever part of an answer. The request id is
 * left to the gateway's header, since two refusals that must not be told apart have to be the same to the last byte.
 */
export const problem_details = (): HttpMiddleware => {
  const problem_details_on_error: HttpMiddleware["onError"] = (request) => {
    const found = as_problem(request.error);
    request.internal.code = found.code;
    if (found.statusCode >= 500) {
      log.error(found.details.title, { code: found.code, error: loggable(found) });
    }
    request.error = Object.assign(new Error(JSON.stringify(found.details)), {
      statusCode: found.statusCode,
      expose: true,
      headers: {
        "Content-Type": "application/problem+json",
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
        ...(found.retry_after !== undefined && { "Retry-After": String(found.retry_after) }),
      },
    });
  };
  return { onError: problem_details_on_error };
};

function as_problem(error: unknown): Problem {
  if (is_problem(error)) return error;
  // The body parsers of Middy throw these two; their cause holds the body, so it is not taken along.
  const status = error instanceof Error && "statusCode" in error ? error.statusCode : undefined;
  if (status === 415) {
    return problem("unsupported_media_type", "Send the body as JSON, with Content-Type: application/json.");
  }
  if (status === 422) {
    return problem(
      "malformed_json",
      "Send the body as one JSON object, in UTF-8, without the key __proto__.",
    );
  }
  return problem("internal_error", "Tell the operator the apigw-requestid header of this answer.", {
    cause: error,
  });
}
