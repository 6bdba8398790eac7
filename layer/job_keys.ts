/**
 * The keys of extraction jobs. A job has the id of the upload whose archive it extracts.
 *
 *     .tasks/<user>/<id>/plan                 asks for the job's plan
 *     .tasks/<user>/<id>/<shard>              asks for one shard of it; six digits
 *     .tasks/<user>/<id>/<shard>_<renewal>    asks for it anew, after workers have died of it
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
  /** Which time a shard is asked for anew, from 1; absent the first time. */
  readonly renewal?: number;
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

export function task_key({ job, part, renewal }: Task): string {
  if (part === "plan") return plan_task_key(job);
  const name = renewal === undefined ? part_name(part) : `${part_name(part)}_${renewal}`;
  return `${TASKS}${user_segment(job.user)}/${job.id}/${name}`;
}

/** Reads a key; undefined for any text that `task_key` cannot have made. */
export function parse_task_key(key: string): Task | undefined {
  if (!key.startsWith(TASKS)) return undefined;
  const [segment = "", id = "", name = "", ...more] = key.slice(TASKS.length).split("/");
  const user = parse_user_segment(segment);
  const asked = parse_name(name);
  if (user === undefined || !is_upload_id(id) || asked === undefined || more.length > 0) return undefined;
  return { job: { user, id }, ...asked };
}

function parse_name(name: string): Omit<Task, "job"> | undefined {
  if (name === "plan") return { part: name };
  const [, shard, renewal] = /^(\d{6})(?:_([1-9]\d{0,3}))?$/.exec(name) ?? [];
  if (shard === undefined) return undefined;
  return { part: Number(shard), ...(renewal !== undefined && { renewal: Number(renewal) }) };
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
