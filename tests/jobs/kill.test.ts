/** Workers that end at any moment, messages that come twice and in any order: what a job brings about is the same. */
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { UploadKey } from "../../layer/upload_keys.ts";
import { Ended, type Interruption, interrupted, watched } from "../support/interrupted.ts";
import { expect_done, type KnownEntry, mixed_entries, zip_of } from "../support/job_archive.ts";
import { type JobQueue, seeded, start_job_queue, type Turns } from "../support/job_queue.ts";
import { quarantined } from "../support/quarantined.ts";
import { quiet } from "../support/quiet.ts";

const once = await start_job_queue();
const twice = await start_job_queue({ copies: 2 });

quiet();
// For all tests at once: the clients of S3 would not follow a clock that goes back.
beforeAll(() => {
  vi.useFakeTimers({ toFake: ["Date"] });
});
afterAll(async () => {
  vi.useRealTimers();
  await Promise.all([once, twice].map(({ storage }) => storage.close()));
});

/** A message comes again after a time in which a worker that says nothing is taken for dead. */
const between = (): void => {
  vi.setSystemTime(Date.now() + 20_000);
};

let users = 0;
async function asked_for(queue: JobQueue, entries: readonly KnownEntry[], user?: string): Promise<UploadKey> {
  users += 1;
  const job = await quarantined(queue.storage.store, zip_of(entries), {
    kind: "archive",
    user: user ?? `user-${users}`,
  });
  await queue.ask_for(job);
  return job;
}

/** The first invocations end like this, one after the other; those for which there is nothing do not. */
const ending = (interruptions: readonly (Interruption | undefined)[]): NonNullable<Turns["client"]> => {
  const left = interruptions.values();
  return (s3) => {
    const { value } = left.next();
    return value === undefined ? s3 : interrupted(s3, value);
  };
};

/** How many requests each invocation makes. */
async function requests_of(queue: JobQueue, entries: readonly KnownEntry[]): Promise<number[]> {
  const job = await asked_for(queue, entries);
  const requests: number[] = [];
  await queue.run({
    workers: 1,
    client: (s3) => {
      const nth = requests.push(0) - 1;
      return watched(s3, (_, send) => {
        requests[nth] = (requests[nth] ?? 0) + 1;
        return send();
      });
    },
  });
  await expect_done(queue.storage.store, job, entries);
  return requests;
}

/** That S3 has not carried out a request is what the request before it has left. */
const every_interruption = (requests: number): Interruption[] => [
  { at: 1, carried_out: false },
  ...Array.from({ length: requests }, (_, index) => ({ at: index + 1, carried_out: true })),
];

/** Minutes, as a machine may be busy: there are some fifty jobs. */
const PATIENCE_MS = 180_000;

describe("a worker that dies", () => {
  const entries = mixed_entries(11);

  it("at any of its requests leaves nothing that its successor does not bring to the same end", {
    timeout: PATIENCE_MS,
  }, async () => {
    const [plan = 0, shard = 0, ...more] = await requests_of(once, entries);
    expect(more).toEqual([]);
    expect(shard).toBeGreaterThan(12);
    const deaths = [
      ...every_interruption(plan).map((death) => [death]),
      ...every_interruption(shard).map((death) => [undefined, death]),
    ];
    for (const death of deaths) {
      const job = await asked_for(once, entries);
      expect(await once.run({ workers: 1, client: ending(death), between }), JSON.stringify(death)).toBe(0);
      await expect_done(once.storage.store, job, entries);
    }
  });

  it("may have a successor that dies at any of its own", { timeout: PATIENCE_MS }, async () => {
    const first = { at: 6, carried_out: true };
    for (let at = 1; ; at += 1) {
      const second = { at, carried_out: true };
      const job = await asked_for(once, entries);
      const before = once.begun.length;
      expect(await once.run({ workers: 1, client: ending([undefined, first, second]), between })).toBe(0);
      await expect_done(once.storage.store, job, entries);
      // The plan, the first try, the second; a third where the second has died.
      const invocations = once.begun.length - before;
      if (invocations === 3) {
        expect(at).toBeGreaterThan(20);
        return;
      }
      expect(invocations).toBe(4);
    }
  });
});

describe("fifty workers that die at random moments, while every message comes twice and in any order", () => {
  it("change nothing", { timeout: PATIENCE_MS }, async () => {
    const random = seeded(20261123);
    const entries = mixed_entries(130);
    const dead = new Set<object>();
    const client: Turns["client"] = (s3, receives) => {
      // Who dies of the same message again and again makes it a dead letter.
      if (dead.size >= 50 || receives > 3 || random() < 0.1) return s3;
      const at = 1 + Math.floor(random() * 30);
      const mortal = interrupted(s3, { at, carried_out: random() < 0.5 });
      return watched(mortal, (_, send) =>
        send().catch((error) => {
          if (error instanceof Ended) dead.add(mortal);
          throw error;
        }),
      );
    };
    while (dead.size < 50) {
      const job = await asked_for(twice, entries);
      expect(await twice.run({ workers: 6, random, client, between })).toBe(0);
      await expect_done(twice.storage.store, job, entries);
    }
  });
});
