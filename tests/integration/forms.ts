/** Multipart forms written byte by byte, so that they can be wrong. RFC 2046, section 5.1. */

export const BOUNDARY = "----7MA4YWxkTrZu0gW";

export const content_type = (boundary = BOUNDARY): string => `multipart/form-data; boundary=${boundary}`;

const CRLF = "\r\n";

/** One part with its delimiter before it; `headers` are lines without their line ends. */
export const part = (
  headers: readonly string[],
  content: Uint8Array | string,
  boundary: string = BOUNDARY,
): Buffer =>
  Buffer.concat([
    Buffer.from(`--${boundary}${CRLF}${headers.map((line) => line + CRLF).join("")}${CRLF}`),
    Buffer.from(content),
    Buffer.from(CRLF),
  ]);

export const closing = (boundary: string = BOUNDARY): Buffer => Buffer.from(`--${boundary}--${CRLF}`);

export const disposition = (parameters: string): string => `Content-Disposition: form-data; ${parameters}`;

export const file = (
  content: Uint8Array | string,
  parameters = 'name="file"; filename="photo.jpg"',
  boundary: string = BOUNDARY,
): Buffer => part([disposition(parameters), "Content-Type: image/jpeg"], content, boundary);

export const field = (name: string, content: string): Buffer =>
  part([disposition(`name="${name}"`)], content);
