/** The photos of an archive's entries: each has a key that follows from the job and its place in the directory alone. */
import {
  find_photo_once,
  http_status,
  type JobKey,
  type Origin,
  upload_time,
  write_photo_once,
} from "@photo-uploader/layer";
import type { ArchiveEntry, EntrySink } from "../archive/index.ts";
import { all_at_once } from "../storage/all_at_once.ts";
import { photo_sink, type SinkReason, type StoredEntry } from "../storage/photo_sink.ts";
import type { PhotoStore } from "../storage/photo_store.ts";
import { place_photo } from "../storage/placing.ts";
import { photo_head } from "../storage/present_photo.ts";
import { storage_problem } from "../storage/s3.ts";
import { type Outcome, uploaded } from "./outcomes.ts";

/** Other photos that may have an entry's keys, all of one name and a millisecond each; more than this is no accident. */
const KEYS = 100;

/**
 * The entries of an archive of `count` have the milliseconds before its upload was asked for, in the order of the
 * directory. Where a key is another photo's, the entry has one that is `count` milliseconds older: so no two entries
 * ever meet.
 */
function origin_of({ id }: JobKey, count: number, { index }: ArchiveEntry): Origin {
  const time = (turn: number): Date => new Date(upload_time(id) - (count - index) - turn * count);
  return { id: `${id}/${index}`, times: Array.from({ length: KEYS }, (_, turn) => time(turn)) };
}

/** @param entries all of the archive */
export const entry_sink = (
  store: PhotoStore,
  job: JobKey,
  entries: readonly ArchiveEntry[],
): EntrySink<StoredEntry, SinkReason> =>
  photo_sink(store, job.user, entries, (entry, facts, write, signal) => {
    const { user } = job;
    const origin = origin_of(job, entries.length, entry);
    const once = () =>
      write_photo_once(user, entry.path, origin, write, (key) => photo_head(store, key, signal), facts);
    return place_photo(store, { user, original_name: entry.path, facts, origin }, write, once, signal);
  });

/** Questions at a time. */
const LOOKS_AT_ONCE = 16;

/** The entries that an earlier try has stored. */
export async function stored_before(
  store: PhotoStore,
  job: JobKey,
  count: number,
  entries: readonly ArchiveEntry[],
  signal: AbortSignal,
): Promise<Map<ArchiveEntry, Outcome>> {
  const stored = new Map<ArchiveEntry, Outcome>();
  await all_at_once(entries, LOOKS_AT_ONCE, signal, async (entry, until) => {
    const found = await find_photo_once(job.user, entry.path, origin_of(job, count, entry), (key) =>
      photo_head(store, key, until).catch(unless_forbidden),
    );
    if (found !== undefined) stored.set(entry, uploaded(entry.path, found));
  });
  return stored;
}

/**
 * S3 says 403 of a key that is not there to a function that may not list, and the answer to HEAD has no body that would
 * tell. Should the photo be there after all, writing it will find it.
 */
function unless_forbidden(error: unknown): undefined {
  if (http_status(error) !== 403) throw storage_problem(error);
}
