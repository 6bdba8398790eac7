/** Middy middleware: one line for each request, with nothing that its client sent but the route. */
import { log, log_for_request } from "@photo-uploader/layer";
import type { HttpMiddleware } from "./pipeline.ts";

/** Stands first in the pipeline, so that its `onError` comes last, when the answer has been made. */
export const access_log = (): HttpMiddleware => {
  const access_log_before: HttpMiddleware["before"] = (request) => {
    request.internal.started = performance.now();
    log_for_request(request.event.requestContext?.requestId);
  };
  const access_log_after: HttpMiddleware["after"] = ({ event, response, internal }) => {
    const { started = performance.now(), code } = internal;
    log.info("request", {
      route: event.routeKey,
      status: response?.statusCode,
      code,
      milliseconds: Math.round(performance.now() - started),
    });
  };
  return { before: access_log_before, after: access_log_after, onError: access_log_after };
};
