/** An export is followed until its archive is there, and its link is what comes of it. */
import { describe, expect, it } from "vitest";
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
