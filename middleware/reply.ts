/** What a handler answers, and what API Gateway makes an HTTP answer of. */

/** A handler's answer: bytes are sent as they are, any other body as JSON. */
export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | object;
}

/** The answer of a function in payload format 2.0. */
export interface HttpAnswer {
  statusCode: number;
  headers: Record<string, string>;
  body: string;
  isBase64Encoded: boolean;
}

/** Photos and tokens are one user's: no cache keeps them, and no browser guesses at their type. */
const ALWAYS = { "cache-control": "private, no-store", "x-content-type-options": "nosniff" };

export function http_answer({ status, headers = {}, body }: Reply): HttpAnswer {
  if (body instanceof Uint8Array) {
    const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
    return {
      statusCode: status,
      headers: { ...ALWAYS, ...headers },
      body: bytes.toString("base64"),
      isBase64Encoded: true,
    };
  }
  const json = body === undefined ? {} : { "content-type": "application/json" };
  return {
    statusCode: status,
    headers: { ...ALWAYS, ...json, ...headers },
    body: body === undefined ? "" : JSON.stringify(body),
    isBase64Encoded: false,
  };
}
