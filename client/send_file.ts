/** A file of any size on its way to S3, by a form or in parts; what has become of it is said at the end. */
import type { Api } from "./api.ts";
import type { AnswerOf, RequestOf, Schemas } from "./api_schemas.ts";
import { crc32_of } from "./crc32.ts";
import { form_of } from "./form.ts";
import { is_coded, storage_problem_of } from "./problem_error.ts";
import { send_parts } from "./send_parts.ts";

/** How far it is, in bytes. While it is `checking`, the file is read for its checksum. */
export interface SendProgress {
  readonly phase: "checking" | "uploading";
  readonly done: number;
  readonly total: number;
}

export interface SendOptions {
  /** The file's name; that of a `File` unless told. */
  readonly name?: string | undefined;
  /** Ends it. What has arrived of the file is removed, unless `keepOnAbort` is set. */
  readonly signal?: AbortSignal | undefined;
  /** In parts whatever its size, so that it can be resumed. Without it, those above 100 MB are. */
  readonly resumable?: boolean | undefined;
  /** The id of an upload of the same file that broke off; only what is missing is sent. */
  readonly resumeFrom?: string | undefined;
  /** Called with the id of an upload through S3: a string to be kept for `resumeFrom`, good for 24 hours. */
  readonly onUploadId?: ((uploadId: string) => void) | undefined;
  /** Leaves what has arrived where it is, to be resumed. */
  readonly keepOnAbort?: boolean | undefined;
}

type Kind = RequestOf<"/request_upload">["kind"];
type OnProgress = (progress: SendProgress) => void;

export const name_of = (file: Blob, { name }: SendOptions): string =>
  name ?? ("name" in file && typeof file.name === "string" ? file.name : "photo");

/** @throws ProblemError, ConnectionError, or the signal's reason */
export async function send_file(
  api: Api,
  file: Blob,
  kind: Kind,
  options: SendOptions,
  on_progress: OnProgress,
): Promise<AnswerOf<"/complete_upload">> {
  const upload =
    options.resumeFrom === undefined
      ? await request_upload(api, file, kind, options, on_progress)
      : { uploadId: options.resumeFrom, method: "PUT" as const };
  const { uploadId } = upload;
  options.onUploadId?.(uploadId);
  const on_sent = (done: number) => on_progress({ phase: "uploading", done, total: file.size });
  try {
    if (upload.method === "POST") await post_form(api, upload, file, options, on_sent);
    else await put_parts(api, uploadId, file, options, on_sent);
    options.signal?.throwIfAborted();
  } catch (error) {
    if (options.signal?.aborted && !options.keepOnAbort) await cancel(api, uploadId);
    throw error;
  }
  // All of it is there and would be admitted by itself: from here on, the signal has nothing to stop.
  return api.post("/complete_upload", { uploadId }, { repeatable: true });
}

async function request_upload(
  api: Api,
  file: Blob,
  kind: Kind,
  options: SendOptions,
  on_progress: OnProgress,
): Promise<Schemas["RequestUploadResponse"]> {
  const { signal, resumable } = options;
  const size = file.size;
  const on_read = (done: number) => on_progress({ phase: "checking", done, total: size });
  const declaration = {
    name: name_of(file, options),
    size,
    // The bytes decide; what a system takes a file for may be no type that the API knows.
    contentType: "",
    kind,
    crc32: await crc32_of(file, on_read, signal),
    ...(resumable && { multipart: true }),
  };
  return api.post("/request_upload", declaration, { repeatable: true, signal });
}

async function post_form(
  api: Api,
  { url, fields }: Extract<Schemas["RequestUploadResponse"], { method: "POST" }>,
  file: Blob,
  options: SendOptions,
  on_sent: (bytes: number) => void,
): Promise<void> {
  const { signal } = options;
  const { type, body, file_bytes } = form_of(fields, "file", file, name_of(file, options));
  const headers = { "content-type": type };
  const answer = await api.to_storage(
    (send) =>
      send({ url, method: "POST", headers, body, signal, on_sent: (bytes) => on_sent(file_bytes(bytes)) }),
    signal,
  );
  if (!answer.ok) throw await storage_problem_of(answer);
}

/**
 * Completing tells what is the matter with an upload that is resumed and has no parts to be sent: they are joined already
 * (`upload_not_found`), or it goes by a form (`invalid_request`), which has arrived or has not.
 */
async function put_parts(
  api: Api,
  uploadId: string,
  file: Blob,
  { resumeFrom, signal }: SendOptions,
  on_sent: (bytes: number) => void,
): Promise<void> {
  try {
    await send_parts({ api, uploadId, file, signal, on_sent });
  } catch (error) {
    if (resumeFrom !== undefined && is_coded(error, "upload_not_found", "invalid_request")) return;
    throw error;
  }
}

/** With what the caller has stopped already; what it cannot remove now is removed after a day. */
async function cancel(api: Api, uploadId: string): Promise<void> {
  const signal = AbortSignal.timeout(CANCEL_MS);
  await api.post("/cancel_upload", { uploadId }, { repeatable: true, signal }).catch(() => {});
}

const CANCEL_MS = 10_000;
