/**
 * Does what a task asks for, and asks for what comes next. Anything may be done twice, by two at the same time, or end
 * at any moment: each step looks for what is there, and writes once.
 */
import { type JobKey, log, type Task, task_key } from "@photo-uploader/layer";
import type { PhotoStore } from "../storage/photo_store.ts";
import { write_once } from "../storage/write_once.ts";
import type { Attempt } from "./attempt.ts";
import { count_as_done, read_outcomes, settle_outcomes } from "./outcomes.ts";
import { type Extraction, make_plan, type Plan, read_plan, settle_plan } from "./plan.ts";
import { extract_shard } from "./shard.ts";
import { open_trial, type Trial } from "./trial.ts";

/**
 * Workers of one job at most. The plan asks for so many shards; whoever has done a shard asks for the one that is so
 * many further on, so that no job takes all workers, and nothing has to count them.
 */
export const LANES = 4;

/**
 * With so many receives a shard whose workers die is asked for anew. One is left before the message would be a dead
 * letter (terraform/queues.tf), should the worker die that asks.
 */
const RENEWING_RECEIVES = 4;

/** @throws where the task is to be tried again */
export async function run_task(store: PhotoStore, task: Task, attempt: Attempt): Promise<void> {
  const { job, part } = task;
  if (part === "plan") return plan_job(store, job, attempt);
  const plan = await read_plan(store, job, attempt.signal);
  if (plan === undefined || "refused" in plan || plan.shards[part] === undefined) {
    log.warn("a task of no job: its state has been removed, or never was");
    return;
  }
  await do_shard(store, { ...task, part }, plan, attempt);
}

async function plan_job(store: PhotoStore, job: JobKey, attempt: Attempt): Promise<void> {
  const { signal } = attempt;
  const known = await read_plan(store, job, signal);
  const plan = known ?? (await settle_plan(store, job, await planned(store, job, attempt), signal));
  if ("refused" in plan) return;
  const first = [...plan.shards.keys()].slice(0, LANES);
  await Promise.all(first.map((part) => write_once(store, task_key({ job, part }), "", signal)));
}

/** From the second try on, as one that may kill its worker. */
async function planned(store: PhotoStore, job: JobKey, attempt: Attempt): Promise<Plan> {
  if (attempt.receives === 1) return make_plan(store, job, attempt.signal);
  const trial = await open_trial(store, { job, part: "plan" }, attempt);
  if (trial.has_killed("plan")) return { refused: "worker_failed" };
  return trial.during("plan", () => make_plan(store, job, attempt.signal));
}

interface ShardTask extends Task {
  readonly part: number;
}

async function do_shard(
  store: PhotoStore,
  task: ShardTask,
  plan: Extraction,
  attempt: Attempt,
): Promise<void> {
  const { signal } = attempt;
  const { job, part: number } = task;
  const shard = plan.shards[number];
  if (shard === undefined) return;
  let outcomes = await read_outcomes(store, job, number, signal);
  if (outcomes === undefined) {
    const is_first = attempt.receives === 1 && task.renewal === undefined;
    const trial = is_first ? undefined : await open_trial(store, task, attempt);
    if (trial !== undefined && is_to_renew(task, trial, attempt)) return renew(store, task, signal);
    const found = await extract_shard(store, { ...shard, job, plan, number }, attempt, trial);
    outcomes = await settle_outcomes(store, job, number, found, signal);
  }
  await count_as_done(store, job, number, shard, outcomes, signal);
  const next = number + LANES;
  if (next < plan.shards.length) await write_once(store, task_key({ job, part: next }), "", signal);
}

/**
 * Each renewal is paid with a death: so there are as many as an archive needs, however many of its entries kill
 * workers, but a storage that is out of order still makes dead letters.
 */
const is_to_renew = ({ renewal = 0 }: ShardTask, trial: Trial, { receives }: Attempt): boolean =>
  receives >= RENEWING_RECEIVES && trial.all_deaths() > renewal;

/** The new message takes the place of this one, so the job has no more workers than before. */
async function renew(store: PhotoStore, task: ShardTask, signal: AbortSignal): Promise<void> {
  const renewal = (task.renewal ?? 0) + 1;
  log.warn("workers die of a shard, which is asked for anew", { renewal });
  await write_once(store, task_key({ ...task, renewal }), "", signal);
}
