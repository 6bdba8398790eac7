/**
 * Finds what kills workers. Nobody sees a worker die that runs out of memory or never ends, so whoever tries a task again
 * says before each step what it is about to do, and as long as it is at it. What was said last by a worker that is not
 * heard of any more has killed it, or was under way when something else did: it is tried once more, and then no more.
 */
import { setTimeout } from "node:timers/promises";
import { log, loggable, type Task, trial_key } from "@photo-uploader/layer";
import * as z from "zod/mini";
import type { PhotoStore } from "../storage/photo_store.ts";
import { type Attempt, last_start } from "./attempt.ts";
import { read_state, replace_state } from "./state.ts";

const trial = z.object({
  /** The step that is under way; null where none is. */
  trying: z.nullable(z.string()),
  /** Milliseconds since the epoch by which its worker is heard of again, unless it is dead. */
  until: z.number(),
  /** How often a worker was not heard of again, by the step that it was at. */
  deaths: z.record(z.string(), z.number()),
});
type State = z.infer<typeof trial>;

/** Once could be chance: a machine fails, or the storage does just when the end of a step was to be said. */
const MOST_DEATHS = 2;

/** How long a worker is believed to be alive, and how often it says so. */
const ALIVE_MS = 15_000;
const BEAT_MS = 4_000;

/** How often it is looked whether another worker is still alive, or the storage works again. */
const LOOK_MS = 1_000;

/** For what is still to be said when the worker's time is up. */
const LAST_WORD_MS = 2_000;

export class Trial {
  readonly #store: PhotoStore;
  readonly #key: string;
  readonly #deaths: Map<string, number>;
  readonly #signal: AbortSignal;
  readonly #half_time: number;

  /** @param half_time milliseconds since the epoch until which a step that is begun has time enough */
  constructor(
    store: PhotoStore,
    key: string,
    deaths: Map<string, number>,
    signal: AbortSignal,
    half_time: number,
  ) {
    this.#store = store;
    this.#key = key;
    this.#deaths = deaths;
    this.#signal = signal;
    this.#half_time = half_time;
  }

  deaths(step: string): number {
    return this.#deaths.get(step) ?? 0;
  }

  /** By whichever step. */
  all_deaths(): number {
    return [...this.#deaths.values()].reduce((sum, deaths) => sum + deaths, 0);
  }

  /** Whether the step is to be given up. */
  has_killed(step: string): boolean {
    return this.deaths(step) >= MOST_DEATHS;
  }

  /** Does a step, and says so. One for which half of a worker's time is too short is as bad as one that kills it. */
  async during<T>(step: string, work: () => Promise<T>): Promise<T> {
    const began_early = Date.now() < this.#half_time;
    try {
      await this.#say(step, this.#signal);
    } catch (error) {
      await this.leave();
      throw error;
    }
    try {
      return await this.#beating(step, work);
    } catch (error) {
      if (!(began_early && this.#signal.aborted)) await this.#leave_patiently();
      throw error;
    }
  }

  /** Where a storage that fails has ended the step, this would else be the worker's death. */
  async #leave_patiently(): Promise<void> {
    while (!this.#signal.aborted) {
      try {
        return await this.#say(null, this.#signal);
      } catch {
        await setTimeout(LOOK_MS, undefined, { signal: this.#signal }).catch(() => {});
      }
    }
    await this.leave();
  }

  async #beating<T>(step: string, work: () => Promise<T>): Promise<T> {
    let beat = Promise.resolve();
    const timer = setInterval(() => {
      beat = beat.then(() => this.#say(step, this.#signal)).catch(() => {});
    }, BEAT_MS);
    try {
      return await work();
    } finally {
      clearInterval(timer);
      // Or it could be said after what is said next.
      await beat;
    }
  }

  /** Says that the worker goes, and that nothing has killed it. */
  async leave(): Promise<void> {
    try {
      await this.#say(null, AbortSignal.timeout(LAST_WORD_MS));
    } catch (error) {
      log.warn("the end of a step could not be said", { error: loggable(error) });
    }
  }

  #say(trying: string | null, signal: AbortSignal): Promise<void> {
    const state: State = { trying, until: Date.now() + ALIVE_MS, deaths: Object.fromEntries(this.#deaths) };
    return replace_state(this.#store, this.#key, state, signal);
  }
}

/**
 * Waits while another worker is at the task, as long as there is time for that.
 * @throws where it still is then
 */
export async function open_trial(store: PhotoStore, task: Task, attempt: Attempt): Promise<Trial> {
  const key = trial_key(task);
  const { signal, deadline } = attempt;
  const half_time = (Date.now() + deadline) / 2;
  const opened = (deaths: Map<string, number>): Trial => new Trial(store, key, deaths, signal, half_time);
  for (;;) {
    const found = await read_state(store, key, trial, signal);
    const deaths = new Map(Object.entries(found?.deaths ?? {}));
    if (found === undefined || found.trying === null) return opened(deaths);
    if (Date.now() >= found.until) {
      deaths.set(found.trying, (deaths.get(found.trying) ?? 0) + 1);
      return opened(deaths);
    }
    if (Date.now() >= last_start(attempt)) throw new Error("another worker is still at this task");
    await setTimeout(LOOK_MS, undefined, { signal });
  }
}
