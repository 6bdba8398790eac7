/** Middy middleware: lets only well-formed multipart/form-data bodies through to the parser that follows. */
import { problem } from "@photo-uploader/layer";
import { type FormPart, parse_boundary, parse_multipart_structure } from "./multipart_structure.ts";

/** What the guard reads and rewrites of a payload 2.0 event, whose header names are in lower case. */
export interface MultipartEvent {
  headers: Record<string, string | undefined>;
  body?: unknown;
  isBase64Encoded: boolean;
}

/** What the guard leaves in Middy's `request.internal`. A type, since an interface is not a Record to Middy. */
export type MultipartInternal = { form_parts?: readonly FormPart[] };

export interface MultipartRequest {
  event: MultipartEvent;
  internal: MultipartInternal;
}

/**
 * @middy/http-multipart-body-parser dies of malformed bodies: an unclosed or truncated one, a part without headers
 * or without a name, the fields `a` and `a[]` together throw where nothing catches; junk after a boundary leaves a
 * promise that never settles. It also takes a body that is not base64 for text, and drops or cuts what exceeds its
 * limits. After this guard it sees none of that:
 *   - `event.body` is a Buffer, decoded once, that has been walked from the first boundary to the closing one;
 *   - the content type is written in the one form that busboy reads whatever the boundary contains;
 *   - `internal.form_parts` are the parts in the body's order, with names that no parser has altered.
 *
 * @throws Problem `unsupported_media_type` (415), `malformed_multipart` (400)
 */
export const multipart_guard = () => {
  const multipart_guard_before = ({ event, internal }: MultipartRequest): void => {
    const boundary = parse_boundary(event.headers["content-type"]);
    const body = decode_body(event);
    internal.form_parts = parse_multipart_structure(body, boundary);
    event.body = body;
    event.headers = { ...event.headers, "content-type": `multipart/form-data; boundary="${boundary}"` };
  };
  return { before: multipart_guard_before };
};

function decode_body({ body, isBase64Encoded }: MultipartEvent): Buffer {
  if (typeof body !== "string" || body === "") {
    throw problem("malformed_multipart", "The body is empty. Send the file as a part of a multipart form.");
  }
  const bytes = isBase64Encoded ? Buffer.from(body, "base64") : undefined;
  if (bytes === undefined || bytes.length !== base64_length(body)) {
    throw problem(
      "malformed_multipart",
      "The body arrived as text and not as bytes in base64, so a file in it may be damaged. Send it with the content " +
        "type multipart/form-data, and where a gateway of your own stands before this one, let it pass bodies as binary.",
    );
  }
  return bytes;
}

/** Bytes that the text stands for if all of it is base64. `Buffer.from` skips what is not, and then gives fewer. */
const base64_length = (text: string): number =>
  (text.length / 4) * 3 - (text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0);
