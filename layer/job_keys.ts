/**
 * The keys of extraction jobs. A job has the id of the upload whose archive it extracts.
 *
 *     .tasks/<user>/<id>/plan                 asks for the job's plan
 *     .tasks/<user>/<id>/<shard>              asks for one shard of it; six digits
 *     .jobs/<user>/<id>/plan                  what is to be done, or why nothing will be
 *     .jobs/<user>/<id>/outcomes/<shard>      what became of each entry of the shard
 *     .jobs/<user>/<id>/done/<shard>_<entries>_<bytes>_<uploaded>_<skipped>_<failed>
 *     .jobs/<user>/<id>/trials/<task>         what was being tried when a worker was last heard of
 *
 * All but the trials are written once. What a shard's end adds up to is in its key, so that one listing is a progress.
 */
import { parse_user_segment, user_segment } from "./photo_keys.ts";
import { is_upload_id, plan_task_key, type UploadKey } from "./upload_keys.ts";

export type JobKey = UploadKey;

/** What a worker is asked for. */
export interface Task {
  readonly job: JobKey;
  /** `plan`, or the shard's number, from 0. */
  readonly part: "plan" | number;
}

/** What became of the entries of one shard, in numbers. */
export interface ShardCounts {
  readonly entries: number;
  /** Inflated bytes of the entries that can be extracted. */
  readonly bytes: number;
  readonly uploaded: number;
  readonly skipped: number;
  readonly failed: number;
}

const TASKS = ".tasks/";

const SHARD_DIGITS = 6;

const part_name = (part: Task["part"]): string =>
  part === "plan" ? part : String(part).padStart(SHARD_DIGITS, "0");

export const task_key = ({ job, part }: Task): string =>
  part === "plan" ? plan_task_key(job) : `${TASKS}${user_segment(job.user)}/${job.id}/${part_name(part)}`;

/** Reads a key; undefined for any text that `task_key` cannot have made. */
export function parse_task_key(key: string): Task | undefined {
  if (!key.startsWith(TASKS)) return undefined;
  const [segment = "", id = "", name = "", ...more] = key.slice(TASKS.length).split("/");
  const user = parse_user_segment(segment);
  const part = parse_part(name);
  if (user === undefined || !is_upload_id(id) || part === undefined || more.length > 0) return undefined;
  return { job: { user, id }, part };
}

function parse_part(name: string): Task["part"] | undefined {
  if (name === "plan") return name;
  return /^\d{6}$/.test(name) ? Number(name) : undefined;
}

const job_prefix = ({ user, id }: JobKey): string => `.jobs/${user_segment(user)}/${id}/`;

export const plan_key = (job: JobKey): string => `${job_prefix(job)}plan`;

export const outcomes_key = (job: JobKey, shard: number): string =>
  `${job_prefix(job)}outcomes/${part_name(shard)}`;

export const trial_key = ({ job, part }: Task): string => `${job_prefix(job)}trials/${part_name(part)}`;

export const done_prefix = (job: JobKey): string => `${job_prefix(job)}done/`;

export function done_key(job: JobKey, shard: number, counts: ShardCounts): string {
  const { entries, bytes, uploaded, skipped, failed } = counts;
  return `${done_prefix(job)}${[part_name(shard), entries, bytes, uploaded, skipped, failed].join("_")}`;
}

/** Reads a key below `done_prefix`; undefined for any text that `done_key` cannot have made. */
export function parse_done_key(
  key: string,
): { readonly shard: number; readonly counts: ShardCounts } | undefined {
  const name = /\/done\/(\d{6}(?:_\d{1,16}){5})$/.exec(key)?.[1];
  if (name === undefined) return undefined;
  const [shard = 0, entries = 0, bytes = 0, uploaded = 0, skipped = 0, failed = 0] = name
    .split("_")
    .map(Number);
  return { shard, counts: { entries, bytes, uploaded, skipped, failed } };
}
