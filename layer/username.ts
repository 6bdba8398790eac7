/** Middy middleware: gives the handler the name of the user whose token the authorizer has verified. */
import { problem } from "./errors.ts";

/** The part of a payload 2.0 event in which API Gateway hands on the authorizer's context. */
export interface AuthorizedEvent {
  readonly requestContext: {
    readonly authorizer?: { readonly lambda?: { readonly username?: unknown } | undefined } | undefined;
  };
  username?: string;
}

/**
 * Sets `event.username`. A request without a verified user is refused: it can only come from a route that was
 * deployed without its authorizer.
 */
export const username = () => {
  const username_before = (request: { event: AuthorizedEvent }): void => {
    const verified = request.event.requestContext.authorizer?.lambda?.username;
    if (typeof verified !== "string" || verified === "") {
      throw problem("unauthenticated", "Sign in with POST /login and send the token with the request.");
    }
    request.event.username = verified;
  };
  return { before: username_before };
};
