/** A job's plan: the archive is judged as a whole, once, and cut into shards; or refused. */
import { type JobKey, plan_key } from "@photo-uploader/layer";
import * as z from "zod/mini";
import { ArchiveError } from "../archive/index.ts";
import type { PhotoStore } from "../storage/photo_store.ts";
import { quarantined_file } from "../storage/quarantine.ts";
import { open_job_archive } from "./job_archive.ts";
import { bytes_of, cut_shards, in_order_of_bytes } from "./shards.ts";
import { type Dated, read_dated_state, read_state, settle_state } from "./state.ts";

const shard = z.object({ first: z.number(), entries: z.number(), bytes: z.number() });

const plan = z.union([
  z.object({
    /** Exactly these bytes: what is put in their place is another archive. */
    archive: z.object({ size: z.number(), etag: z.string() }),
    entries: z.number(),
    /** Inflated bytes of the entries that can be extracted. */
    bytes: z.number(),
    shards: z.array(shard),
  }),
  /** A code of the archive engine, `empty_archive`, `archive_missing` or `worker_failed`. */
  z.object({ refused: z.string() }),
]);
export type Plan = z.infer<typeof plan>;
export type Extraction = Exclude<Plan, { refused: string }>;

/** undefined where none has been made yet. */
export const read_plan = (store: PhotoStore, job: JobKey, signal: AbortSignal): Promise<Plan | undefined> =>
  read_state(store, plan_key(job), plan, signal);

export const read_dated_plan = (
  store: PhotoStore,
  job: JobKey,
  signal: AbortSignal,
): Promise<Dated<Plan> | undefined> => read_dated_state(store, plan_key(job), plan, signal);

/** Keeps the plan unless there is one, and gives back the one that is there then. */
export const settle_plan = (store: PhotoStore, job: JobKey, made: Plan, signal: AbortSignal): Promise<Plan> =>
  settle_state(store, plan_key(job), plan, made, signal);

/** @throws where the archive cannot be read for the time being */
export async function make_plan(store: PhotoStore, job: JobKey, signal: AbortSignal): Promise<Plan> {
  const file = await quarantined_file(store, job, signal);
  if (file === undefined) return { refused: "archive_missing" };
  const version = { size: file.size, etag: file.etag };
  try {
    const { entries } = await open_job_archive(store, job, version, signal);
    if (entries.length === 0) return { refused: "empty_archive" };
    return {
      archive: version,
      entries: entries.length,
      bytes: entries.reduce((bytes, entry) => bytes + bytes_of(entry), 0),
      shards: cut_shards(in_order_of_bytes(entries)),
    };
  } catch (error) {
    if (!(error instanceof ArchiveError) || error.code === "read_failed") throw error;
    return { refused: error.code };
  }
}

/** Whether the archive that was planned has been removed, or replaced by another. */
export async function is_archive_gone(
  store: PhotoStore,
  job: JobKey,
  { archive }: Extraction,
  signal: AbortSignal,
): Promise<boolean> {
  return (await quarantined_file(store, job, signal))?.etag !== archive.etag;
}
