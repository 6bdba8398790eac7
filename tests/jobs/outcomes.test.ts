import { afterAll, describe, expect, it } from "vitest";
import type { ArchiveEntry, EntryOutcome } from "../../archive/index.ts";
import {
  answered_outcome,
  count_as_done,
  type Outcome,
  read_outcomes,
  settle_outcomes,
} from "../../jobs/outcomes.ts";
import { done_key } from "../../layer/job_keys.ts";
import { new_upload_id } from "../../layer/upload_keys.ts";
import { entry_outcome } from "../../schemas/job.ts";
import type { SinkReason, StoredEntry } from "../../storage/photo_sink.ts";
import { start_photo_storage } from "../support/photo_storage.ts";

const { store, keys, close } = await start_photo_storage();
afterAll(close);

const { signal } = new AbortController();
const new_job = () => ({ user: "ann", id: new_upload_id() });

const entry: ArchiveEntry = {
  index: 0,
  path: "Beach/a.jpg",
  kind: "file",
  size: 9,
  compressed_size: 9,
  crc32: 0,
  modified: undefined,
  fault: undefined,
  method: 0,
  flags: 0,
  raw_name: Buffer.alloc(0),
  header_offset: 0,
  region_end: 100,
};
const OUTCOMES: readonly [EntryOutcome<StoredEntry, SinkReason>, Outcome][] = [
  [
    { entry, outcome: "stored", value: { filename: "x_a.jpg", size: 9, content_type: "image/jpeg" } },
    { name: entry.path, outcome: "uploaded", filename: "x_a.jpg", size: 9, contentType: "image/jpeg" },
  ],
  [
    { entry, outcome: "skipped", reason: "not_an_image" },
    { name: entry.path, outcome: "skipped", reason: "not_an_image" },
  ],
  [
    { entry, outcome: "failed", reason: "crc_mismatch", error: new Error("of no interest") },
    { name: entry.path, outcome: "failed", reason: "crc_mismatch" },
  ],
];

describe("the outcomes of a shard", () => {
  it.each(OUTCOMES)("are answered in few words: %j", (result, answered) => {
    expect(answered_outcome(result)).toEqual(answered);
    expect(entry_outcome.parse(answered)).toEqual(answered);
  });

  it("are those of the first who has them", async () => {
    const job = new_job();
    const [one = [], other = []] = OUTCOMES.map(([, answered]) => [answered]);
    expect(await read_outcomes(store, job, 0, signal)).toBeUndefined();
    expect(await settle_outcomes(store, job, 0, one, signal)).toEqual(one);
    expect(await settle_outcomes(store, job, 0, other, signal)).toEqual(one);
    expect(await read_outcomes(store, job, 0, signal)).toEqual(one);
    expect(await read_outcomes(store, job, 1, signal)).toBeUndefined();
    expect(await read_outcomes(store, new_job(), 0, signal)).toBeUndefined();
  });

  it("are counted once", async () => {
    const job = new_job();
    const settled = OUTCOMES.map(([, answered]) => answered).concat({
      name: "b",
      outcome: "failed",
      reason: "encrypted",
    });
    const shard = { first: 0, entries: 4, bytes: 27 };
    for (let time = 0; time < 3; time += 1) await count_as_done(store, job, 3, shard, settled, signal);
    const counts = { entries: 4, bytes: 27, uploaded: 1, skipped: 1, failed: 2 };
    expect((await keys()).filter((key) => key.includes(job.id))).toEqual([done_key(job, 3, counts)]);
  });
});
