/**
 * The quotas of an HTTP API, none of which can be raised:
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
 */

/** Bytes of a request's body: 10 MB. */
export const MAX_BODY_BYTES = 10 * 1024 * 1024;
/** Bytes of the request line and the headers together. */
export const MAX_HEADER_BYTES = 10_240;
/** How long a function may take before the gateway answers for it. */
export const INTEGRATION_TIMEOUT_MS = 30_000;
/** How long the authorizer may take. */
export const AUTHORIZER_TIMEOUT_MS = 10_000;
