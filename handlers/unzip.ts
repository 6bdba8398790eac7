/**
 * POST /unzip: every photo of an archive is stored; every other entry is named, with the reason. An archive that has been
 * uploaded is extracted by workers, and this says under which id.
 */
import { log, loggable, type Problem, problem, read_environment } from "@photo-uploader/layer";
import {
  ArchiveError,
  bytes_source,
  type EntryOutcome,
  extract,
  type FailedOutcome,
  open_archive,
} from "../archive/index.ts";
import { body_by_type } from "../middleware/body_by_type.ts";
import { multipart_body, type UploadedFile } from "../middleware/multipart_body.ts";
import { pipeline, type Request } from "../middleware/pipeline.ts";
import type { Reply } from "../middleware/reply.ts";
import { type NamedUpload, upload_id_body } from "../middleware/upload_id_body.ts";
import type { UnzipResponse, UnzipStarted } from "../schemas/unzip.ts";
import { admit, type UploadStore, upload_store } from "../storage/admission.ts";
import { refusal as upload_refusal } from "../storage/completion.ts";
import { photo_sink, type SinkReason, type StoredEntry } from "../storage/photo_sink.ts";
import type { PhotoStore } from "../storage/photo_store.ts";
import { storage_problem } from "../storage/s3.ts";
import { type UploadIds, upload_ids } from "../storage/upload_id.ts";

/**
 * Beside the engine's own limits. Every name comes back in the answer, in which a control sign takes seven bytes and a
 * quotation mark four: with more than this, an answer could exceed the 6 MB that Lambda sends.
 */
const LIMITS = { directory_bytes: 512 * 1024 };

/** No entry is begun in the last 8 s, and none goes on in the last 3 s, so that there is time to say so. */
const LAST_START_MS = 8_000;
const LAST_WRITE_MS = 3_000;

type Outcome = EntryOutcome<StoredEntry, SinkReason>;

export const unzip =
  (store: UploadStore, ids: UploadIds) =>
  ({ body, ...request }: Request<UploadedFile | NamedUpload>): Promise<Reply> =>
    "uploadId" in body
      ? start_extraction(store, ids, { ...request, body })
      : unpack(store, { ...request, body });

/** As `/complete_upload`, but that it joins no parts. */
async function start_extraction(
  store: UploadStore,
  { open }: UploadIds,
  { username: user, body: { uploadId }, signal }: Request<NamedUpload>,
): Promise<Reply> {
  const { id, kind } = open(user, uploadId);
  if (kind !== "archive") throw declared_as_photo();
  const admitted = await admit(store, { user, id }, signal);
  if (admitted === undefined) {
    throw problem(
      "upload_incomplete",
      "Nothing has arrived. Send the archive, and then POST /complete_upload where it was sent in parts.",
    );
  }
  if (admitted.outcome.outcome === "refused") throw upload_refusal(admitted.outcome.reason);
  const answer: UnzipStarted = { jobId: id };
  return { status: 202, body: answer };
}

const declared_as_photo = () =>
  problem("upload_refused", "It was declared as a photo. POST /complete_upload says what has become of it.", {
    reason: "not_an_archive",
  });

async function unpack(
  store: PhotoStore,
  { username, body: { bytes }, signal, deadline }: Request<UploadedFile>,
): Promise<Reply> {
  const archive = await open_archive(bytes_source(bytes), { limits: LIMITS }).catch((error) => {
    throw error instanceof ArchiveError ? refusal(error) : error;
  });
  if (archive.entries.length === 0) throw problem("empty_archive", "Send an archive that has photos in it.");
  const writing_ends = AbortSignal.timeout(Math.max(0, deadline - LAST_WRITE_MS - Date.now()));
  const outcomes = await extract(archive, photo_sink(store, username, archive.entries), {
    concurrency: 4,
    deadline: deadline - LAST_START_MS,
    signal: AbortSignal.any([signal, writing_ends]),
  });
  const failed = outcomes.filter(is_failed);
  log_faults(failed);
  if (!outcomes.some(({ outcome }) => outcome === "stored")) refuse_after_outage(failed);
  return { status: 200, body: answer_of(outcomes) };
}

function answer_of(outcomes: readonly Outcome[]): UnzipResponse {
  const answer: UnzipResponse = { uploaded: [], skipped: [], failed: [] };
  for (const result of outcomes) {
    const name = result.entry.path;
    if (result.outcome === "stored") {
      const { filename, size, content_type, duplicate } = result.value;
      answer.uploaded.push({
        name,
        filename,
        size,
        contentType: content_type,
        ...(duplicate && { duplicate }),
      });
    } else {
      answer[result.outcome].push({ name, reason: result.reason });
    }
  }
  return answer;
}

type Failed = FailedOutcome<SinkReason>;

const is_failed = (outcome: Outcome): outcome is Failed => outcome.outcome === "failed";

/** What is wrong with an archive is for its owner to know; it would only fill the log. */
function log_faults(failed: readonly Failed[]): void {
  for (const { reason, error } of failed) {
    if (error instanceof Error && !(error instanceof ArchiveError)) {
      log.warn("entry failed", { reason, error: loggable(error) });
    }
  }
}

/** Where nothing could be stored because of the storage or the time, the request as a whole can be sent again. */
function refuse_after_outage(failed: readonly Failed[]): void {
  const storage_fault = failed.find(({ fatal }) => fatal)?.error;
  if (storage_fault !== undefined) throw storage_problem(storage_fault);
  if (failed.some(({ reason }) => reason === "aborted" || reason === "not_attempted")) {
    throw problem(
      "timeout",
      "Nothing was stored. Send the archive by POST /request_upload, which has more time.",
    );
  }
}

const TOO_LARGE: readonly string[] = ["too_many_entries", "directory_too_large", "archive_too_large"];

const refusal = ({ code, message }: ArchiveError): Problem =>
  TOO_LARGE.includes(code)
    ? problem(
        "archive_too_large",
        `Nothing was stored: ${message}. POST /request_upload takes larger archives.`,
        { reason: code },
      )
    : problem(
        "invalid_archive",
        `Nothing was stored: ${message}. Make the archive anew, or send its photos one by one.`,
        { reason: code },
      );

const { PHOTOS_BUCKET, CURSOR_KEY, DETECT_DUPLICATES } = read_environment("new_uploads");

export const handler = pipeline(
  body_by_type(upload_id_body(), multipart_body({ field: "archive" })),
  unzip(upload_store(PHOTOS_BUCKET, DETECT_DUPLICATES), upload_ids(CURSOR_KEY)),
);
