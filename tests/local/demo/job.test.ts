import { describe, expect, it, onTestFinished } from "vitest";
import { open_api, UnexpectedAnswer } from "../../../local/demo/api.ts";
import { follow_job } from "../../../local/demo/job.ts";
import type { JobResponse } from "../../../schemas/job.ts";
import { scripted_server } from "../../support/scripted_server.ts";

const answer = (change: Partial<JobResponse>): JobResponse => ({
  kind: "extraction",
  state: "running",
  updatedAt: "2026-11-23T10:15:30.000Z",
  entries: { done: 0, total: 2 },
  bytes: { done: 0, total: 20 },
  uploaded: 0,
  skipped: 0,
  failed: 0,
  outcomes: [],
  ...change,
});
const skipped = (name: string) => ({ name, outcome: "skipped" as const, reason: "not_an_image" });

/** An API whose /job gives these answers, the last one for ever, and the bodies that it was asked with. */
async function jobs(answers: readonly JobResponse[]) {
  const asked: unknown[] = [];
  const server = await scripted_server(({ body }) => {
    asked.push(JSON.parse(body.toString()));
    const next = answers[Math.min(asked.length, answers.length) - 1];
    return { status: 200, body: JSON.stringify(next) };
  });
  onTestFinished(() => server.close());
  return { asked, user: open_api({ url: server.url, token_header: "JWT" }) };
}

const quickly = { poll_ms: 0 };

describe("follow_job", () => {
  it("sends each cursor back until the last outcome of a job that is done", async () => {
    const given = [
      answer({ state: "queued" }),
      answer({ cursor: "0" }),
      answer({ outcomes: [skipped("a.txt")], cursor: "1" }),
      answer({ state: "done", cursor: "1" }),
      answer({ state: "done", outcomes: [skipped("b.txt")] }),
    ];
    const { asked, user } = await jobs(given);
    const seen: JobResponse[] = [];
    const ended = await follow_job(user, "the-job", (shown) => seen.push(shown), quickly);
    expect(ended.outcomes).toEqual([skipped("a.txt"), skipped("b.txt")]);
    expect(ended.end).toEqual(given.at(-1));
    expect(seen).toEqual(given);
    expect(asked).toEqual([
      { jobId: "the-job" },
      { jobId: "the-job" },
      { jobId: "the-job", cursor: "0" },
      { jobId: "the-job", cursor: "1" },
      { jobId: "the-job", cursor: "1" },
    ]);
  });

  it("ends with a job that is refused", async () => {
    const refused = answer({ state: "refused", reason: "not_a_zip" });
    const { user } = await jobs([refused]);
    expect(await follow_job(user, "the-job", undefined, quickly)).toEqual({ end: refused, outcomes: [] });
  });

  it("does not wait for ever", async () => {
    const { user } = await jobs([answer({ entries: { done: 1, total: 2 } })]);
    const error = await follow_job(user, "the-job", undefined, { poll_ms: 5, longest_ms: 20 }).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(UnexpectedAnswer);
    expect(error).toMatchObject({ came: "running, 1 of 2 entries", expected: "done, within 0.02 s" });
  });
});
