import { afterAll, describe, expect, it } from "vitest";
import { LANES } from "../../jobs/task.ts";
import { expect_done, mixed_entries, zip_of } from "../support/job_archive.ts";
import { type JobQueue, start_job_queue } from "../support/job_queue.ts";
import { quarantined } from "../support/quarantined.ts";
import { quiet } from "../support/quiet.ts";

const queues: JobQueue[] = [];
const started = async (options?: Parameters<typeof start_job_queue>[0]): Promise<JobQueue> => {
  const queue = await start_job_queue(options);
  queues.push(queue);
  return queue;
};

quiet();
afterAll(() => Promise.all(queues.map(({ storage }) => storage.close())));

describe("a job", () => {
  it("brings about an outcome for every entry, by four workers at a time", async () => {
    const queue = await started();
    const entries = mixed_entries(230);
    const job = await quarantined(queue.storage.store, zip_of(entries), {
      kind: "archive",
      user: "mia@example.com",
    });
    await queue.ask_for(job);
    expect(await queue.run({ workers: 20 })).toBe(0);
    await expect_done(queue.storage.store, job, entries);
    expect(queue.begun.map(({ part }) => part).toSorted()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, "plan"]);
    expect(queue.most_at_once()).toBe(LANES);
  });
});
