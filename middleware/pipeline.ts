/** The one place where the middleware of an endpoint is put together, in its order. */
import middy, { type MiddlewareObj } from "@middy/core";
import http_error_handler from "@middy/http-error-handler";
import { type ProblemCode, problem, username } from "@photo-uploader/layer";
import type { APIGatewayProxyEventV2WithLambdaAuthorizer, Context } from "aws-lambda";
import { access_log } from "./access_log.ts";
import type { FormPart } from "./multipart_structure.ts";
import { problem_details } from "./problem_details.ts";
import { type HttpAnswer, http_answer, type Reply } from "./reply.ts";

/**
 * An HTTP API event, payload format 2.0, with the context that the authorizer has added. Its type says that `body`
 * is text; the body middleware replaces it by what it has parsed, and `BodyKind.read` judges that.
 */
export type HttpEvent = APIGatewayProxyEventV2WithLambdaAuthorizer<{ username?: unknown }> & {
  username?: string;
};

/** What the middlewares of one request keep for each other. A type, since an interface is not a Record to Middy. */
export type HttpInternal = {
  /** Milliseconds, as of `performance.now()`. */
  started?: number;
  /** The problem that the request ended with. */
  code?: ProblemCode;
  form_parts?: readonly FormPart[];
};

export type HttpMiddleware = MiddlewareObj<HttpEvent, HttpAnswer, Error, Context, HttpInternal>;

/** A kind of body: the middleware that parses it, and what makes of the parsed body the value that a handler takes. */
export interface BodyKind<Body> {
  readonly middleware: readonly HttpMiddleware[];
  read(event: HttpEvent): Body;
}

/** What a handler is given. */
export interface PublicRequest<Body> {
  readonly body: Body;
  /** Aborts shortly before the function's time is up. */
  readonly signal: AbortSignal;
  /** Milliseconds since the epoch at which the function's time is up. */
  readonly deadline: number;
}

export interface Request<Body> extends PublicRequest<Body> {
  /** The user whose token the authorizer has verified. */
  readonly username: string;
}

/** Time that is kept back for answering before Lambda ends the function. */
const ANSWER_MS = 500;

/** A time-out that Lambda never reaches, for a context without one. */
const UNLIMITED_MS = 60_000;

const http_pipeline = <Body>(
  body_kind: BodyKind<Body>,
  middleware: readonly HttpMiddleware[],
  handle: (request: PublicRequest<Body>, event: HttpEvent) => Promise<Reply>,
) =>
  middy<HttpEvent, HttpAnswer, Error, Context, HttpInternal>({
    timeoutEarlyInMillis: ANSWER_MS,
    timeoutEarlyResponse: () => {
      throw problem(
        "timeout",
        "Try again. If a file was sent along, send a smaller one, or send it by POST /request_upload.",
      );
    },
  })
    .use([
      access_log(),
      http_error_handler({ logger: false, fallbackMessage: "" }),
      problem_details(),
      ...middleware,
      ...body_kind.middleware,
    ])
    .handler(async (event: HttpEvent, context, { signal }) => {
      const remaining = context.getRemainingTimeInMillis?.() ?? UNLIMITED_MS;
      const deadline = Date.now() + remaining - ANSWER_MS;
      return http_answer(await handle({ body: body_kind.read(event), signal, deadline }, event));
    });

/** An endpoint for everyone. */
export const public_pipeline = <Body>(
  body_kind: BodyKind<Body>,
  handle: (request: PublicRequest<Body>) => Promise<Reply>,
) => http_pipeline(body_kind, [], handle);

/** An endpoint for users who have signed in. */
export const pipeline = <Body>(
  body_kind: BodyKind<Body>,
  handle: (request: Request<Body>) => Promise<Reply>,
) =>
  http_pipeline(body_kind, [username()], (request, { username: user = "" }) =>
    handle({ ...request, username: user }),
  );
