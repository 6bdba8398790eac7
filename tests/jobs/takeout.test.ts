/** The sidecars of Google Takeout in jobs: what they cost, and that a photo has its date however often it was tried. */
import { GetObjectCommand, HeadObjectCommand, PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { photo_key } from "../../layer/photo_keys.ts";
import { quarantine_key, type UploadKey } from "../../layer/upload_keys.ts";
import { list_photos } from "../../storage/photo_store.ts";
import { Ended, watched } from "../support/interrupted.ts";
import { walk, zip_of } from "../support/job_archive.ts";
import { start_job_queue, type Turns } from "../support/job_queue.ts";
import { in_utf8_order } from "../support/listing.ts";
import { BUCKET } from "../support/photo_storage.ts";
import { quarantined } from "../support/quarantined.ts";
import { quiet } from "../support/quiet.ts";
import { many_photos, type TakeoutEntry } from "../support/takeout_archive.ts";

const queue = await start_job_queue();
const { store } = queue.storage;

quiet();
beforeAll(() => {
  vi.useFakeTimers({ toFake: ["Date"] });
});
afterAll(async () => {
  vi.useRealTimers();
  await queue.storage.close();
});

/** Time passes in which a worker that says nothing is taken for dead. */
const between = (): void => {
  vi.setSystemTime(Date.now() + 20_000);
};

let users = 0;
async function extracted(entries: readonly TakeoutEntry[], turns: Turns = {}): Promise<UploadKey> {
  users += 1;
  const job = await quarantined(store, zip_of(entries), { kind: "archive", user: `user-${users}` });
  await queue.ask_for(job);
  expect(await queue.run({ between, ...turns })).toBe(0);
  return job;
}

async function expect_dated(job: UploadKey, entries: readonly TakeoutEntry[]): Promise<void> {
  const { outcomes } = await walk(store, job);
  const found = await Promise.all(
    outcomes.map(async (one) => {
      if (one.outcome !== "uploaded") return [one.name, one.reason];
      const Key = photo_key(job.user, one.filename);
      const { Metadata } = await store.s3.send(new HeadObjectCommand({ Bucket: BUCKET, Key }));
      return [one.name, Metadata?.["taken-at"]];
    }),
  );
  expect(found).toEqual(
    entries.map(({ parts, outcome, taken_at }) => [parts.name, outcome === "uploaded" ? taken_at : outcome]),
  );
}

/** Reads of the archive, from which byte on. */
function reads_of(command: Parameters<S3Client["send"]>[0]): number | undefined {
  if (!(command instanceof GetObjectCommand) || !command.input.Key?.startsWith(".quarantine/"))
    return undefined;
  const [, start] = /^bytes=(\d+)-/.exec(command.input.Range ?? "") ?? [];
  return start === undefined ? undefined : Number(start);
}

describe("the sidecars of a job", () => {
  it.each(["adjacent", "apart"] as const)("cost few requests where they are %s", async (order) => {
    let reads = 0;
    const client: Turns["client"] = (s3) =>
      watched(s3, (command, send) => {
        if (reads_of(command) !== undefined) reads += 1;
        return send();
      });
    const entries = many_photos(150, order, 300_000);
    const before = queue.begun.length;
    const job = await extracted(entries, { client, finds_duplicates: false });
    await expect_dated(job, entries);
    const shards = queue.begun.slice(before).filter(({ part }) => part !== "plan").length;
    expect(shards).toBe(12);
    // Each reads the directory and a window, and one block of sidecars that lie in another shard.
    expect(reads).toBeLessThanOrEqual(2 + 3 * shards);
  });

  it("are read again by another try where S3 fails to give them", async () => {
    // The last keeps the sidecars out of the archive's last 64 KB, which are read with the directory.
    const last: TakeoutEntry = {
      parts: { name: "last.txt", data: Buffer.alloc(100_000), method: 0 },
      outcome: "not_an_image",
    };
    const entries = [...many_photos(30, "apart", 20_000), last];
    const first_sidecar = 30 * 20_000;
    let failures = 0;
    const client: Turns["client"] = (s3) =>
      watched(s3, (command, send) => {
        const start = reads_of(command) ?? 0;
        // A block begins a little before the first that is asked for; no window of photos does there.
        if (start > first_sidecar - 50_000 && start < first_sidecar && failures < 8) {
          failures += 1;
          throw Object.assign(new Error("SlowDown"), { name: "SlowDown" });
        }
        return send();
      });
    const job = await extracted(entries, { client });
    expect(failures).toBe(8);
    await expect_dated(job, entries);
  });

  it("are read where photos are tried one by one, since one of them has killed workers", async () => {
    const entries = many_photos(12, "adjacent");
    let dead = 0;
    const client: Turns["client"] = (s3) => {
      let is_dead = false;
      return watched(s3, async (command, send) => {
        const is_poison =
          command instanceof PutObjectCommand && command.input.Key?.includes("IMG_00004") === true;
        if (is_poison && !command.input.Key?.startsWith(".")) {
          is_dead = true;
          dead += 1;
        }
        if (is_dead) throw new Ended();
        return send();
      });
    };
    const job = await extracted(entries, { client });
    expect(dead).toBeGreaterThan(1);
    const wanted = entries.map(
      (entry): TakeoutEntry =>
        entry.parts.name.endsWith("IMG_00004.jpg") ? { parts: entry.parts, outcome: "worker_failed" } : entry,
    );
    await expect_dated(job, wanted);
  });

  it("are gone with their archive, and the photos that want them are not tried for ever", async () => {
    const entries = many_photos(30, "apart", 20_000);
    users += 1;
    const job = await quarantined(store, zip_of(entries), { kind: "archive", user: `user-${users}` });
    let replaced = false;
    const client: Turns["client"] = (s3) =>
      watched(s3, async (command, send) => {
        if ((reads_of(command) ?? 0) > 0 && queue.begun.some(({ part }) => part === 0) && !replaced) {
          const answer = await send();
          replaced = true;
          await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: quarantine_key(job), Body: "another" }));
          return answer;
        }
        return send();
      });
    await queue.ask_for(job);
    expect(await queue.run({ between, client })).toBe(0);
    expect(replaced).toBe(true);
    const { outcomes } = await walk(store, job);
    expect(outcomes).toHaveLength(60);
    expect(outcomes.some((one) => one.outcome === "failed" && one.reason === "archive_missing")).toBe(true);
    const told = outcomes.flatMap((one) => (one.outcome === "uploaded" ? [one.filename] : []));
    const { photos } = await list_photos(store, `user-${users}`, "", new AbortController().signal);
    expect(in_utf8_order(told)).toEqual(photos.map(({ filename }) => filename));
  });
});
