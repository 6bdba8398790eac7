/** A file that is small enough for a function, in one request. */
import type { Api } from "./api.ts";
import type { AnswerOf, FormEndpoint } from "./api_schemas.ts";
import { form_of } from "./form.ts";
import { name_of, type SendOptions, type SendProgress } from "./send_file.ts";

/** A function is handed at most about 4.5 MB: Lambda takes 6 MB, in which base64 makes four bytes of three. */
const DIRECT_BYTES = 4_400_000;

/** What the gateway answers to more than it takes, whatever is said here. */
export const TOO_LARGE_FOR_GATEWAY = "gateway_413";

export const goes_direct = ({ size }: Blob, { resumable, resumeFrom }: SendOptions): boolean =>
  size <= DIRECT_BYTES && !resumable && resumeFrom === undefined;

/** It is sent once: where the connection breaks, nobody knows what was stored. @throws as `Api.post` */
export function send_direct<Path extends FormEndpoint>(
  api: Api,
  path: Path,
  field: string,
  file: Blob,
  options: SendOptions,
  on_progress: (progress: SendProgress) => void,
): Promise<AnswerOf<Path>> {
  const { type, body, file_bytes } = form_of({}, field, file, name_of(file, options));
  const on_sent = (sent: number) =>
    on_progress({ phase: "uploading", done: file_bytes(sent), total: file.size });
  return api.send_form(path, { type, body, on_sent }, options.signal);
}
