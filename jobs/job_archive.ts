/** The archive of a job, in the quarantine, where it stays while it is extracted. */
import { type JobKey, quarantine_key } from "@photo-uploader/layer";
import { type Archive, large_limits, open_archive, windowed_source } from "../archive/index.ts";
import type { PhotoStore } from "../storage/photo_store.ts";
import { type ObjectVersion, s3_version_source } from "../storage/s3_source.ts";

/** @throws ArchiveError where it is refused; `read_failed` where it is gone, or cannot be read for the time being. */
export const open_job_archive = (
  store: PhotoStore,
  job: JobKey,
  version: ObjectVersion,
  signal: AbortSignal,
): Promise<Archive> =>
  open_archive(windowed_source(s3_version_source(store, quarantine_key(job), version)), {
    limits: large_limits,
    signal,
  });
