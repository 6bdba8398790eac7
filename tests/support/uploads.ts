/** What a client does with the answer of /request_upload: it sends the file to S3 itself. */
import type { RequestUploadResponse } from "../../schemas/request_upload.ts";

type Form = Extract<RequestUploadResponse, { method: "POST" }>;

/** Sends the form as a browser does. `fields` are in place of, or beside, those of the answer. */
export function send_form(
  { url, fields }: Pick<Form, "url" | "fields">,
  bytes: Uint8Array,
  changed: Readonly<Record<string, string | undefined>> = {},
): Promise<Response> {
  const form = new FormData();
  for (const [name, value] of Object.entries({ ...fields, ...changed })) {
    if (value !== undefined) form.set(name, value);
  }
  form.set("file", new File([Buffer.from(bytes)], "blob"));
  return fetch(url, { method: "POST", body: form });
}

/** The code of S3's error document; empty where there is none. */
export const s3_code = async (response: Response): Promise<string> =>
  /<Code>(\w+)<\/Code>/.exec(await response.text())?.[1] ?? "";

/** Sends a part to the URL of /upload_parts. */
export const send_part = (url: string, bytes: Uint8Array): Promise<Response> =>
  fetch(url, { method: "PUT", body: Buffer.from(bytes) });
