/** An export is followed until its archive is there, and its link is what comes of it. */
import { describe, expect, it, vi } from "vitest";
import { createClient, type ExportProgress, ProblemError } from "../../client/index.ts";
import type { JobResponse } from "../../schemas/job.ts";
import { all } from "../support/all.ts";
import { rejection } from "../support/caught.ts";
import { BASE, fake_server, json, signed_in_tokens } from "./fake_server.ts";

const signed_in = signed_in_tokens();

const running: JobResponse = {
  kind: "export",
  state: "running",
  updatedAt: "2026-11-23T10:15:30.000Z",
  entries: { done: 1, total: 3 },
  bytes: { done: 10, total: 30 },
  uploaded: 0,
  skipped: 0,
  failed: 0,
  outcomes: [],
};
const archive = { url: "https://s3/photos.zip", expiresIn: 3_600, size: 30 };
const missing = (name: string) => ({ name, outcome: "failed" as const, reason: "photo_missing" });
const done: JobResponse = { ...running, state: "done", bytes: { done: 30, total: 30 }, archive };

/** Answers about the job, one after the other. */
function jobs(...answers: JobResponse[]) {
  const left = answers.values();
  const server = fake_server(({ path }) =>
    path === "/download" ? json({ jobId: "the-job" }, 202) : json(left.next().value),
  );
  return {
    server,
    client: createClient({ baseUrl: BASE, tokens: signed_in, fetch: server.fetch, retries: 0 }),
  };
}

describe("an export", () => {
  it("is asked for, followed with progress, and ends with the link and with what is missing", async () => {
    const { server, client } = jobs(
      { ...running, state: "queued", bytes: { done: 0, total: 0 } },
      running,
      { ...done, outcomes: [missing("a")], cursor: "1" },
      { ...done, outcomes: [missing("b")] },
    );
    const seen: ExportProgress[] = [];
    const ids: string[] = [];
    const exported = await client.exportPhotos(
      { filenames: ["a", "b", "c"] },
      { pollInterval: 1, onProgress: (progress) => seen.push(progress), onJobId: (id) => ids.push(id) },
    );
    expect(exported).toEqual({ ...archive, jobId: "the-job", missing: ["a", "b"] });
    expect(ids).toEqual(["the-job"]);
    expect(seen.map(({ phase, state, done, total }) => [phase, state, done, total])).toEqual([
      ["exporting", "queued", 0, 0],
      ["exporting", "running", 10, 30],
      ["exporting", "done", 30, 30],
      ["exporting", "done", 30, 30],
    ]);
    expect(server.asked.map(({ body }) => body)).toEqual([
      { filenames: ["a", "b", "c"] },
      { jobId: "the-job" },
      { jobId: "the-job" },
      { jobId: "the-job" },
      { jobId: "the-job", cursor: "1" },
    ]);
  });

  it("is asked about less and less often while it stands still, and often again once it moves", async () => {
    vi.useFakeTimers({ now: Date.UTC(2000, 0, 1) });
    try {
      const began = Date.now();
      const HOUR = 3_600_000;
      const asked: number[] = [];
      const server = fake_server(({ path }) => {
        if (path === "/refresh") return json({ jwt: "j2", refreshToken: "r2", expiresIn: 86_400 });
        asked.push(Date.now() - began);
        const hours = asked.length === 0 ? 0 : Math.floor((asked.at(-1) ?? 0) / (3 * HOUR));
        return json(hours < 2 ? { ...running, updatedAt: `2026-11-23T1${hours}:00:00.000Z` } : done);
      });
      const client = createClient({ baseUrl: BASE, tokens: signed_in_tokens(), fetch: server.fetch });
      const followed = client.followExport("the-job");
      await vi.runAllTimersAsync();
      expect((await followed).url).toBe(archive.url);
      const pauses = asked.slice(1).map((at, index) => at - (asked[index] ?? 0));
      expect(pauses.slice(0, 20)).toEqual(Array.from({ length: 20 }, () => 1_000));
      expect(Math.max(...pauses)).toBe(180_000);
      const moved = pauses.findIndex((pause, index) => index > 0 && pause < (pauses[index - 1] ?? 0) / 2);
      expect(asked[moved]).toBeGreaterThanOrEqual(3 * HOUR);
      expect(pauses.slice(moved, moved + 20)).toEqual(Array.from({ length: 20 }, () => 1_000));
      // Every pause is a twentieth of the time before, so a thousand seconds are 20 × ln(1,000 / 20) of them.
      expect(asked.filter((at) => at < 1_000_000).length).toBeLessThan(110);
      expect(asked.filter((at) => at >= HOUR && at < 2 * HOUR)).toHaveLength(20);
    } finally {
      vi.useRealTimers();
    }
  });

  it("has a new link when it is followed again", async () => {
    const { server, client } = jobs(done);
    expect((await client.followExport("the-job")).url).toBe(archive.url);
    expect(server.paths()).toEqual(["/job"]);
  });

  it("that is refused says why", async () => {
    const { client } = jobs({ ...running, state: "refused", reason: "too_many_photos" });
    const error = await rejection(client.exportPhotos({ all: true }), ProblemError);
    expect(error).toMatchObject({ code: "too_many_photos", status: 422 });
    expect(error.detail).toContain("too_many_photos");
  });

  it("is not taken for an extraction, nor an extraction for an export", async () => {
    await rejection(jobs({ ...done, kind: "extraction" }).client.followExport("the-job"), TypeError);
    await rejection(all(jobs(done).client.follow("the-job")), TypeError);
  });
});
