/** Sends a file, in a form or by itself, piece by piece, and tells how many bytes have gone. */
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { type ClientRequest, request as http_request, type IncomingMessage } from "node:http";
import { buffer } from "node:stream/consumers";

export interface SentFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface MultipartUpload {
  readonly url: string;
  /** Texts that go before the file. */
  readonly fields?: Readonly<Record<string, string>>;
  readonly field: string;
  readonly file: SentFile;
  readonly headers: Readonly<Record<string, string>>;
  /** Called with the file's bytes so far, as the connection takes them. */
  readonly on_sent?: ((bytes: number) => void) | undefined;
}

export interface UploadAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Buffer;
}

const PIECE_BYTES = 64 * 1024;

/** POST of a form. @throws the error of the connection, when there is no answer */
export function send_upload({
  url,
  fields = {},
  field,
  file,
  headers,
  on_sent,
}: MultipartUpload): Promise<UploadAnswer> {
  const boundary = `photo-uploader-demo-${randomUUID()}`;
  const { head, tail } = form_around(fields, field, file.name, boundary);
  const form_headers = { ...headers, "content-type": `multipart/form-data; boundary=${boundary}` };
  return send_body(url, "POST", form_headers, { head, file: file.bytes, tail }, on_sent);
}

const NOTHING = Buffer.alloc(0);

/** PUT of bytes as they are. @throws the error of the connection, when there is no answer */
export const send_bytes = (
  url: string,
  bytes: Uint8Array,
  on_sent?: MultipartUpload["on_sent"],
): Promise<UploadAnswer> => send_body(url, "PUT", {}, { head: NOTHING, file: bytes, tail: NOTHING }, on_sent);

interface Body {
  readonly head: Uint8Array;
  readonly file: Uint8Array;
  readonly tail: Uint8Array;
}

/** The answer may come before all has been sent, as to a body that is too large; the rest is then not waited for. */
async function send_body(
  url: string,
  method: "POST" | "PUT",
  headers: Readonly<Record<string, string>>,
  body: Body,
  on_sent: MultipartUpload["on_sent"],
): Promise<UploadAnswer> {
  const length = body.head.byteLength + body.file.byteLength + body.tail.byteLength;
  const request = http_request(url, { method, headers: { ...headers, "content-length": length } });
  const answered = response_of(request);
  // What goes wrong in sending is the request's own error too, and `answered` has that.
  write_body(request, body, on_sent).catch(() => {});
  return answer_of(await answered);
}

async function answer_of(response: IncomingMessage): Promise<UploadAnswer> {
  const headers = new Headers();
  for (const [name, values = []] of Object.entries(response.headersDistinct)) {
    for (const value of values) headers.append(name, value);
  }
  return { status: response.statusCode ?? 0, headers, bytes: await buffer(response) };
}

/** RFC 7578. The name stands as UTF-8 with quotes and line ends percent-encoded, as browsers send it. */
function form_around(
  fields: Readonly<Record<string, string>>,
  field: string,
  file_name: string,
  boundary: string,
): { head: Buffer; tail: Buffer } {
  const name = file_name.replace(/["\r\n]/g, encodeURIComponent);
  const texts = Object.entries(fields).map(
    ([text_name, text]) =>
      `--${boundary}\r\nContent-Disposition: form-data; name="${text_name}"\r\n\r\n${text}\r\n`,
  );
  return {
    head: Buffer.from(
      `${texts.join("")}--${boundary}\r\nContent-Disposition: form-data; name="${field}"; filename="${name}"\r\n` +
        "Content-Type: application/octet-stream\r\n\r\n",
    ),
    tail: Buffer.from(`\r\n--${boundary}--\r\n`),
  };
}

function response_of(request: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.once("response", resolve);
    request.on("error", reject);
  });
}

/** Counts a piece once the connection asks for more, so that what waits in memory does not count. */
async function write_body(
  request: ClientRequest,
  { head, file, tail }: Body,
  on_sent: MultipartUpload["on_sent"],
): Promise<void> {
  request.write(head);
  for (let start = 0; start < file.byteLength; start += PIECE_BYTES) {
    const piece = file.subarray(start, start + PIECE_BYTES);
    if (!request.write(piece)) await once(request, "drain");
    on_sent?.(start + piece.byteLength);
  }
  request.end(tail);
}
