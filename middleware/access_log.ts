/** Middy middleware: one line for each request, with nothing that its client sent but the route. */
import { log } from "@photo-uploader/layer";
import type { HttpMiddleware } from "./pipeline.ts";

export const access_log = (): HttpMiddleware => {
  let started = 0;
  const access_log_before: HttpMiddleware["before"] = () => {
    started = performance.now();
  };
  const access_log_after: HttpMiddleware["after"] = (request) => {
    log.info("request", {
      requestId: request.event.requestContext.requestId,
      route: request.event.routeKey,
      status: request.response?.statusCode,
      milliseconds: Math.round(performance.now() - started),
    });
  };
  return { before: access_log_before, after: access_log_after, onError: access_log_after };
};
