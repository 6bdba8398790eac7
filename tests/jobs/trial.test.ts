import { setTimeout } from "node:timers/promises";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { afterAll, afterEach, describe, expect, it, vi } from "vitest";
import * as z from "zod/mini";
import { read_state, replace_state } from "../../jobs/state.ts";
import { open_trial, type Trial } from "../../jobs/trial.ts";
import { type Task, trial_key } from "../../layer/job_keys.ts";
import { new_upload_id } from "../../layer/upload_keys.ts";
import { caught } from "../support/caught.ts";
import { Ended, interrupted, watched } from "../support/interrupted.ts";
import { start_photo_storage } from "../support/photo_storage.ts";
import { quiet } from "../support/quiet.ts";

const { store, close } = await start_photo_storage({ may_list: () => false });

quiet();
afterAll(close);
afterEach(() => {
  vi.useRealTimers();
});

const { signal } = new AbortController();
const new_task = (): Task => ({ job: { user: "ann", id: new_upload_id() }, part: 7 });
const attempt = (milliseconds = 60_000) => ({ receives: 2, deadline: Date.now() + milliseconds, signal });
const opened = (task: Task): Promise<Trial> => open_trial(store, task, attempt());

/** What a worker has said last, so many milliseconds before it is taken for dead. */
const said = (task: Task, trying: string | null, milliseconds: number, deaths = {}): Promise<void> =>
  replace_state(store, trial_key(task), { trying, until: Date.now() + milliseconds, deaths }, signal);

const said_last = z.object({ trying: z.nullable(z.string()) });

describe("a trial", () => {
  it("knows of no deaths when nobody was there before", async () => {
    const trial = await opened(new_task());
    expect(trial.deaths("1")).toBe(0);
    expect(trial.has_killed("1")).toBe(false);
  });

  it("takes the step for deadly that two workers were not heard of again from", async () => {
    const task = new_task();
    await said(task, "5", -1, { "3": 1 });
    const second = await opened(task);
    expect(["3", "5", "6"].map((step) => second.deaths(step))).toEqual([1, 1, 0]);
    await second.during("3", async () => {});
    await said(task, "3", -1, { "3": 1, "5": 1 });
    const third = await opened(task);
    expect(["3", "5", "6"].map((step) => third.has_killed(step))).toEqual([true, false, false]);
  });

  it("counts no death of a worker that has left", async () => {
    const task = new_task();
    const trial = await opened(task);
    await trial.during("5", async () => {});
    await trial.leave();
    expect((await opened(task)).deaths("5")).toBe(0);
  });

  it("counts no death where a step throws", async () => {
    const task = new_task();
    const failing = async (): Promise<void> => {
      throw new Ended();
    };
    expect(await caught(async () => (await opened(task)).during("5", failing))).toBeInstanceOf(Ended);
    expect((await opened(task)).deaths("5")).toBe(0);
  });

  /** A storage that keeps nothing for so many times, after it has been said what is under way. */
  const failing_after_first = (times: number) => {
    let puts = 0;
    const s3 = watched(store.s3, async (command, send) => {
      if (!(command instanceof PutObjectCommand)) return send();
      puts += 1;
      if (puts > 1 && puts <= 1 + times) throw new Error("S3 is out of order.");
      return send();
    });
    return { ...store, s3 };
  };
  const failing_step = async (): Promise<void> => {
    throw new Error("the step needs S3");
  };

  it("counts no death where the storage fails that the step needs, and comes back while there is time", async () => {
    const task = new_task();
    const trial = await open_trial(failing_after_first(2), task, attempt());
    expect(await caught(() => trial.during("5", failing_step))).toMatchObject({
      message: "the step needs S3",
    });
    expect(await read_state(store, trial_key(task), said_last, signal)).toEqual({ trying: null });
  });

  it("waits for the storage no longer than there is time", async () => {
    const task = new_task();
    const time_is_up = AbortSignal.timeout(300);
    const trial = await open_trial(failing_after_first(Infinity), task, { ...attempt(), signal: time_is_up });
    await caught(() => trial.during("5", failing_step));
    expect(time_is_up.aborted).toBe(true);
    expect(await read_state(store, trial_key(task), said_last, signal)).toEqual({ trying: "5" });
  });

  it.each([
    ["early", -1_000, 1],
    ["in the second half of the time", 1_000, 0],
  ])(
    "counts a death where a step that was begun %s takes all that is left",
    async (_, after_half, deaths) => {
      vi.useFakeTimers({ toFake: ["Date"] });
      const task = new_task();
      const time_is_up = new AbortController();
      const trial = await open_trial(store, task, { ...attempt(), signal: time_is_up.signal });
      vi.setSystemTime(Date.now() + 30_000 + after_half);
      const endless = async (): Promise<void> => {
        time_is_up.abort(new Ended());
        time_is_up.signal.throwIfAborted();
      };
      expect(await caught(() => trial.during("5", endless))).toBeInstanceOf(Ended);
      vi.setSystemTime(Date.now() + 20_000);
      expect((await opened(task)).deaths("5")).toBe(deaths);
    },
  );

  it("says that it has left after all that was being said before", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    const task = new_task();
    const beat_is_said = Promise.withResolvers<void>();
    const beat_may_arrive = Promise.withResolvers<void>();
    let said_so_far = 0;
    const s3 = watched(store.s3, async (command, send) => {
      if (command instanceof PutObjectCommand) {
        said_so_far += 1;
        if (said_so_far === 2) {
          beat_is_said.resolve();
          await beat_may_arrive.promise;
        }
      }
      return send();
    });
    const trial = await open_trial({ ...store, s3 }, task, attempt());
    const left = trial
      .during("5", async () => {
        vi.advanceTimersByTime(4_000);
        await beat_is_said.promise;
      })
      .then(() => trial.leave());
    await beat_is_said.promise;
    // Time enough for a word that does not wait for the one before.
    await setTimeout(200);
    expect(said_so_far).toBe(2);
    beat_may_arrive.resolve();
    await left;
    expect(await read_state(store, trial_key(task), said_last, signal)).toEqual({ trying: null });
  });

  it("says nothing more when its worker is dead, which is known by that", async () => {
    const task = new_task();
    const mortal = { ...store, s3: interrupted(store.s3, { at: 2, carried_out: true }) };
    const trial = await open_trial(mortal, task, attempt());
    expect(await caught(() => trial.during("5", async () => {}))).toBeInstanceOf(Error);
    await said(task, "5", -1);
    expect((await opened(task)).deaths("5")).toBe(1);
  });

  it("waits until another worker has left, or must be dead", async () => {
    const task = new_task();
    await said(task, "5", 30_000);
    const waiting = opened(task);
    await said(task, null, 30_000, { "4": 1 });
    expect((await waiting).deaths("5")).toBe(0);
    await said(task, "5", 50);
    expect((await opened(task)).deaths("5")).toBe(1);
  });

  it("gives up waiting when there would be no time left", async () => {
    const task = new_task();
    await said(task, "5", 30_000);
    expect(await caught(() => open_trial(store, task, attempt(14_000)))).toMatchObject({
      message: "another worker is still at this task",
    });
  });
});
