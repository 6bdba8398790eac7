/** The archive of a job, in the quarantine, where it stays while it is extracted. */
import { type JobKey, quarantine_key } from "@photo-uploader/layer";
import { type Archive, large_limits, open_archive, windowed_source } from "../archive/index.ts";
import type { PhotoStore } from "../storage/photo_store.ts";
import { type ObjectVersion, s3_version_source } from "../storage/s3_source.ts";

interface Opened extends ObjectVersion {
  readonly key: string;
  readonly archive: Omit<Archive, "source">;
}

/**
 * The archive that was opened last, and no more than that: a worker mostly goes on with the same one, and the directory of
 * 100,000 entries takes seconds to read. Of each store, as a worker has one for as long as it lives. The source is not
 * kept: it holds bytes, and whether it has failed.
 */
const opened_last = new WeakMap<PhotoStore, Opened>();

/**
 * Of an archive that has been opened before, the directory is not read again; should it be gone, its entries cannot be
 * read.
 * @throws ArchiveError where it is refused; `read_failed` where it is gone, or cannot be read for the time being.
 */
export async function open_job_archive(
  store: PhotoStore,
  job: JobKey,
  { size, etag }: ObjectVersion,
  signal: AbortSignal,
): Promise<Archive> {
  const key = quarantine_key(job);
  const source = windowed_source(s3_version_source(store, key, { size, etag }));
  const last = opened_last.get(store);
  if (last?.key === key && last.etag === etag && last.size === size) return { ...last.archive, source };
  // Before another one is read, as there is no memory for two of them.
  opened_last.delete(store);
  const { source: _, ...archive } = await open_archive(source, { limits: large_limits, signal });
  opened_last.set(store, { key, size, etag, archive });
  return { ...archive, source };
}
