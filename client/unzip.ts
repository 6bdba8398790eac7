/** An archive of photos: in one request where it is small, else by way of S3 and a job. */
import type { Api } from "./api.ts";
import type { AnswerOf, EntryOutcome, Schemas } from "./api_schemas.ts";
import { type ExtractProgress, type FollowOptions, follow_job } from "./job.ts";
import { is_coded } from "./problem_error.ts";
import { goes_direct, send_direct, TOO_LARGE_FOR_GATEWAY } from "./send_direct.ts";
import { type SendOptions, type SendProgress, send_file } from "./send_file.ts";

export type UnzipProgress = SendProgress | ExtractProgress;

export interface UnzipOptions extends SendOptions, Pick<FollowOptions, "pollInterval"> {
  readonly onProgress?: ((progress: UnzipProgress) => void) | undefined;
}

/**
 * What becomes of each entry, as it becomes known, in bounded memory. It begins with the first look at it, and the
 * extraction goes on when nobody looks any more.
 *
 * @throws ProblemError, ConnectionError, or the signal's reason
 */
export async function* unzip_archive(
  api: Api,
  archive: Blob,
  options: UnzipOptions,
): AsyncGenerator<EntryOutcome, void, undefined> {
  const on_progress = (progress: SendProgress) => options.onProgress?.(progress);
  const answer =
    (await extracted_at_once(api, archive, options, on_progress)) ??
    (await send_file(api, archive, "archive", options, on_progress));
  if ("jobId" in answer) yield* follow_job(api, answer.jobId, options);
  else if ("uploaded" in answer) yield* outcomes_of(answer);
  else throw new TypeError("This upload is a photo's: upload() goes on with it.");
}

/** Undefined where it is too much for one request, of which nothing has been stored then. */
async function extracted_at_once(
  api: Api,
  archive: Blob,
  options: UnzipOptions,
  on_progress: (progress: SendProgress) => void,
): Promise<AnswerOf<"/unzip"> | undefined> {
  if (!goes_direct(archive, options)) return undefined;
  try {
    return await send_direct(api, "/unzip", "archive", archive, options, on_progress);
  } catch (error) {
    if (!is_coded(error, TOO_LARGE_FOR_GATEWAY, "archive_too_large")) throw error;
    return undefined;
  }
}

function* outcomes_of({ uploaded, skipped, failed }: Schemas["UnzipResponse"]): Generator<EntryOutcome> {
  for (const photo of uploaded) yield { outcome: "uploaded", ...photo };
  for (const entry of skipped) yield { outcome: "skipped", ...entry };
  for (const entry of failed) yield { outcome: "failed", ...entry };
}
