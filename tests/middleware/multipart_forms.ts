/** Multipart forms for the tests: an encoder that is independent of the code under test, and that code as a handler. */
import middy from "@middy/core";
import { multipart_body, type UploadedFile } from "../../middleware/multipart_body.ts";
import type { HttpEvent } from "../../middleware/pipeline.ts";

export interface EncodedPart {
  /** Header lines without their line ends. */
  readonly headers: readonly string[];
  readonly content: Uint8Array | string;
}

export interface SentForm {
  readonly content_type: string;
  readonly body: Buffer;
}

export const BOUNDARY = "----7MA4YWxkTrZu0gW";

export const form_data = (boundary: string = BOUNDARY): string => `multipart/form-data; boundary=${boundary}`;

/** RFC 2046 §5.1.1 without preamble and epilogue. */
export const encode_form = (parts: readonly EncodedPart[], boundary: string = BOUNDARY): Buffer =>
  Buffer.concat([
    ...parts.flatMap(({ headers, content }) => [
      Buffer.from(`--${boundary}\r\n${headers.map((header) => `${header}\r\n`).join("")}\r\n`),
      Buffer.from(content),
      Buffer.from("\r\n"),
    ]),
    Buffer.from(`--${boundary}--\r\n`),
  ]);

export const file_part = (
  content: Uint8Array | string,
  disposition = 'form-data; name="file"; filename="photo.jpg"',
): EncodedPart => ({
  headers: [`Content-Disposition: ${disposition}`, "Content-Type: image/jpeg"],
  content,
});

export const text_part = (name: string, content: string): EncodedPart => ({
  headers: [`Content-Disposition: form-data; name="${name}"`],
  content,
});

/** An event as the gateway makes it of a form: payload format 2.0, the body in base64. */
export const upload_event = ({ content_type, body }: SentForm): HttpEvent => ({
  version: "2.0",
  routeKey: "POST /upload_single_photo",
  rawPath: "/upload_single_photo",
  rawQueryString: "",
  headers: { "content-type": content_type },
  body: body.toString("base64"),
  isBase64Encoded: true,
  requestContext: {
    accountId: "anonymous",
    apiId: "test",
    authorizer: { lambda: { username: "test" } },
    domainName: "127.0.0.1",
    domainPrefix: "test",
    http: {
      method: "POST",
      path: "/upload_single_photo",
      protocol: "HTTP/1.1",
      sourceIp: "127.0.0.1",
      userAgent: "test",
    },
    requestId: "test",
    routeKey: "POST /upload_single_photo",
    stage: "$default",
    time: "23/Nov/2026:00:00:00 +0000",
    timeEpoch: 0,
  },
});

/** The middlewares as a pipeline runs them; answers the file, or throws what they throw. */
export function upload_handler(field = "file"): (event: HttpEvent) => Promise<UploadedFile> {
  const { middleware, read } = multipart_body({ field });
  const handler = middy<HttpEvent, UploadedFile>()
    .use([...middleware])
    .handler(async (event: HttpEvent) => read(event));
  const context = {
    callbackWaitsForEmptyEventLoop: true,
    functionName: "test",
    functionVersion: "1",
    invokedFunctionArn: "",
    memoryLimitInMB: "256",
    awsRequestId: "test",
    logGroupName: "",
    logStreamName: "",
    getRemainingTimeInMillis: () => 30_000,
    done: () => {},
    fail: () => {},
    succeed: () => {},
  };
  return (event) => handler(event, context);
}

export const send_form = (form: SentForm, field?: string): Promise<UploadedFile> =>
  upload_handler(field)(upload_event(form));
