/** Sends a form with one file, piece by piece, and tells how many bytes have gone. */
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

/**
 * The answer may come before all has been sent, as to a body that is too large; the rest is then not waited for.
 * @throws the error of the connection, when there is no answer
 */
export async function send_upload(upload: MultipartUpload): Promise<UploadAnswer> {
  const boundary = `photo-uploader-demo-${randomUUID()}`;
  const { head, tail } = form_around(upload.field, upload.file.name, boundary);
  const request = http_request(upload.url, {
    method: "POST",
    headers: {
      ...upload.headers,
      "content-type": `multipart/form-data; boundary=${boundary}`,
      "content-length": head.byteLength + upload.file.bytes.byteLength + tail.byteLength,
    },
  });
  const answered = response_of(request);
  // What goes wrong in sending is the request's own error too, and `answered` has that.
  send_form(request, head, upload.file.bytes, tail, upload.on_sent).catch(() => {});
  const response = await answered;
  const headers = new Headers();
  for (const [name, values = []] of Object.entries(response.headersDistinct)) {
    for (const value of values) headers.append(name, value);
  }
  return { status: response.statusCode ?? 0, headers, bytes: await buffer(response) };
}

/** RFC 7578. The name stands as UTF-8 with quotes and line ends percent-encoded, as browsers send it. */
function form_around(field: string, file_name: string, boundary: string): { head: Buffer; tail: Buffer } {
  const name = file_name.replace(/["\r\n]/g, encodeURIComponent);
  return {
    head: Buffer.from(
      `--${boundary}\r\nContent-Disposition: form-data; name="${field}"; filename="${name}"\r\n` +
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
async function send_form(
  request: ClientRequest,
  head: Uint8Array,
  file: Uint8Array,
  tail: Uint8Array,
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
