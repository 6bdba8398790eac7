import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { job_progress } from "../../jobs/progress.ts";
import { run_task } from "../../jobs/task.ts";
import { photo_filename, photo_key } from "../../layer/photo_keys.ts";
import { quarantine_key, type UploadKey, upload_time } from "../../layer/upload_keys.ts";
import { jpeg_of } from "../support/fixture_photos.ts";
import { Ended, watched } from "../support/interrupted.ts";
import { expect_done, type KnownEntry, mixed_entries, walk, zip_of } from "../support/job_archive.ts";
import { MAX_RECEIVES, seeded, start_job_queue, type Turns } from "../support/job_queue.ts";
import { BUCKET } from "../support/photo_storage.ts";
import { quarantined } from "../support/quarantined.ts";
import { quiet } from "../support/quiet.ts";

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
async function asked_for(entries: readonly KnownEntry[]): Promise<UploadKey> {
  users += 1;
  const job = await quarantined(store, zip_of(entries), { kind: "archive", user: `user-${users}` });
  await queue.ask_for(job);
  return job;
}

const photo = (name: string, size = 900): KnownEntry => ({
  parts: { name, data: jpeg_of(size), method: 0 },
  outcome: "uploaded",
});
const deadly = (name: string): KnownEntry => ({ ...photo(name), outcome: "worker_failed" });

type S3Command = Parameters<Parameters<typeof watched>[1]>[0];

/** The key of the photo that a command writes; undefined for every other command. */
const photo_of = (command: S3Command): string | undefined =>
  command instanceof PutObjectCommand && !command.input.Key?.startsWith(".") ? command.input.Key : undefined;
const is_photo = (command: S3Command): boolean => photo_of(command) !== undefined;

/** A worker that dies when it writes a photo of this name. */
const dying_of =
  (name: string): NonNullable<Turns["client"]> =>
  (s3) => {
    let dead = false;
    return watched(s3, async (command, send) => {
      dead ||= photo_of(command)?.includes(name) === true;
      if (dead) throw new Ended();
      return send();
    });
  };

describe("an entry that kills workers", () => {
  it("fails alone", async () => {
    const entries = mixed_entries(20).toSpliced(4, 0, deadly("poison.jpg"));
    const job = await asked_for(entries);
    expect(await queue.run({ client: dying_of("poison"), between })).toBe(0);
    await expect_done(store, job, entries);
  });

  it("fails alone in the shard of another, and the job goes on", async () => {
    const poisonous = [4, 30, 95].map((place) => [place, deadly(`poison ${place}.jpg`)] as const);
    const entries = mixed_entries(120);
    for (const [place, entry] of poisonous) entries.splice(place, 0, entry);
    const job = await asked_for(entries);
    expect(await queue.run({ client: dying_of("poison"), between })).toBe(0);
    await expect_done(store, job, entries);
  });

  it.each([2, 3, 5, 12])("fails alone where there are %i of them in one shard", async (count) => {
    const entries = mixed_entries(12);
    for (let nth = 0; nth < count; nth += 1) entries.splice(2 * nth, 0, deadly(`poison ${nth}.jpg`));
    const job = await asked_for(entries);
    expect(await queue.run({ client: dying_of("poison"), between })).toBe(0);
    await expect_done(store, job, entries);
  });

  it("fails alone where every message comes twice, and in any order", async () => {
    const twice = await start_job_queue({ copies: 2 });
    const entries = [...mixed_entries(60), ...[1, 2, 3].map((nth) => deadly(`poison ${nth}.jpg`))];
    const job = await quarantined(twice.storage.store, zip_of(entries), { kind: "archive" });
    await twice.ask_for(job);
    expect(await twice.run({ client: dying_of("poison"), between, random: seeded(5), workers: 3 })).toBe(0);
    await expect_done(twice.storage.store, job, entries);
    // Of all that ask for the same anew only one is heard: it is two messages, of five receives at most.
    const { begun } = twice;
    const renewals = begun.flatMap(({ renewal }) => renewal ?? []);
    expect(renewals.length).toBeGreaterThan(0);
    expect(renewals.length).toBeLessThanOrEqual(2 * MAX_RECEIVES * Math.max(...renewals));
    await twice.storage.close();
  });

  it("has its shard asked for anew no more than it kills, whatever fails then", async () => {
    const entries = [...mixed_entries(10), deadly("poison 1.jpg"), deadly("poison 2.jpg")];
    const job = await asked_for(entries);
    // The plan, the first try, and two that die.
    expect(await queue.run({ client: dying_of("poison"), between, turns: 4 })).toBe(0);
    const before = queue.begun.length;
    const out_of_order: Turns["client"] = (s3) =>
      watched(s3, (command, send) => {
        if (is_photo(command)) throw Object.assign(new Error("SlowDown"), { name: "SlowDown" });
        return send();
      });
    expect(await queue.run({ client: out_of_order, between })).toBe(1);
    expect(queue.begun.slice(before).map(({ renewal }) => renewal)).toEqual([
      undefined,
      ...Array.from({ length: 4 }, () => 1),
      ...Array.from({ length: 5 }, () => 2),
    ]);
    queue.repeat({ job, part: 0, renewal: 2 });
    expect(await queue.run({ client: dying_of("poison"), between })).toBe(0);
    await expect_done(store, job, entries);
  });

  it("is found where it takes a worker's whole time each time", async () => {
    const entries = [...mixed_entries(6), { ...photo("endless.jpg"), outcome: "worker_failed" }];
    const job = await asked_for(entries);
    await queue.run({ turns: 1 });
    for (let receives = 2; ; receives += 1) {
      const time_is_up = new AbortController();
      const s3 = watched(store.s3, async (command, send) => {
        if (!photo_of(command)?.includes("endless")) return send();
        time_is_up.abort(new Error("the time is up"));
        throw new Error("the time is up");
      });
      const attempt = { receives, deadline: Date.now() + 60_000, signal: time_is_up.signal };
      const ended = await run_task({ ...store, s3 }, { job, part: 0 }, attempt).then(
        () => "asked for anew",
        () => "to be tried again",
      );
      between();
      if (ended === "asked for anew") {
        expect(receives).toBe(4);
        break;
      }
    }
    const { signal } = new AbortController();
    const attempt = { receives: 1, deadline: Date.now() + 60_000, signal };
    await run_task(store, { job, part: 0, renewal: 1 }, attempt);
    await expect_done(store, job, entries);
    await queue.run();
  });

  it("comes last once it has killed a worker", async () => {
    const entries = [deadly("poison.jpg"), ...mixed_entries(12)];
    const job = await asked_for(entries);
    const client: Turns["client"] = (s3, receives) => {
      let dead = false;
      return watched(s3, async (command, send) => {
        dead ||= is_photo(command) && (receives === 1 || photo_of(command)?.includes("poison") === true);
        if (dead) throw new Ended();
        return send();
      });
    };
    const photos = async () => (await queue.storage.keys()).filter((key) => key.startsWith(`${job.user}/`));
    // The plan, a first try in which everything is lost, and one that dies of its first entry.
    await queue.run({ client, between, turns: 3 });
    expect(await photos()).toEqual([]);
    await queue.run({ client, between, turns: 1 });
    expect(await photos()).toHaveLength(entries.filter(({ outcome }) => outcome === "uploaded").length);
    expect(await queue.run({ client, between })).toBe(0);
    await expect_done(store, job, entries);
  });

  it("may be a directory that takes a worker's whole time: then the archive is refused", async () => {
    const job = await asked_for(mixed_entries(5));
    for (let receives = 1; receives <= 4; receives += 1) {
      const time_is_up = new AbortController();
      const s3 = watched(store.s3, async (command, send) => {
        // What is read of a version of the archive is its directory.
        if (!(command instanceof GetObjectCommand) || command.input.IfMatch === undefined) return send();
        time_is_up.abort(new Error("the time is up"));
        throw new Error("the time is up");
      });
      const attempt = { receives, deadline: Date.now() + 60_000, signal: time_is_up.signal };
      const trying = run_task({ ...store, s3 }, { job, part: "plan" }, attempt);
      if (receives < 4) await expect(trying).rejects.toThrow("the time is up");
      else await trying;
      between();
    }
    const { signal } = new AbortController();
    expect(await job_progress(store, job, undefined, signal)).toMatchObject({
      state: "refused",
      reason: "worker_failed",
    });
    await queue.run();
  });

  it("may be the directory: then the archive is refused", async () => {
    const job = await asked_for(mixed_entries(5));
    const reading = quarantine_key(job);
    const client: Turns["client"] = (s3) => {
      let dead = false;
      return watched(s3, async (command, send) => {
        dead ||= "Key" in command.input && command.input.Key === reading;
        if (dead) throw new Ended();
        return send();
      });
    };
    expect(await queue.run({ client, between })).toBe(0);
    await expect(walk(store, job)).rejects.toThrow("it is refused");
  });
});

describe("a storage that fails for a time", () => {
  const failing =
    (
      is_affected: (command: S3Command) => boolean,
      receives_until: number,
      [name, httpStatusCode] = ["SlowDown", 503],
    ): NonNullable<Turns["client"]> =>
    (s3, receives) =>
      watched(s3, async (command, send) => {
        if (receives > receives_until || !is_affected(command)) return send();
        throw Object.assign(new Error(name), { name, $metadata: { httpStatusCode } });
      });

  it("or refuses photos by a mistake in its policy, has none of them fail", async () => {
    const entries = mixed_entries(12);
    const job = await asked_for(entries);
    const client = failing(is_photo, 3, ["AccessDenied", 403]);
    expect(await queue.run({ client, between })).toBe(0);
    await expect_done(store, job, entries);
  });

  it.each<[string, (command: S3Command) => boolean]>([
    ["as a whole", () => true],
    ["to take photos", is_photo],
    ["to take anything", (command) => command instanceof PutObjectCommand],
    ["to give anything", (command) => !(command instanceof PutObjectCommand)],
  ])("%s is no outcome of any entry", async (_, is_affected) => {
    const entries = mixed_entries(12);
    const job = await asked_for(entries);
    expect(await queue.run({ client: failing(is_affected, 4), between })).toBe(0);
    await expect_done(store, job, entries);
  });

  it("and for too long makes dead letters, which can be sent again", async () => {
    const entries = mixed_entries(12);
    const job = await asked_for(entries);
    expect(await queue.run({ client: failing(is_photo, 5), between })).toBe(1);
    queue.repeat({ job, part: 0 });
    expect(await queue.run({ between })).toBe(0);
    await expect_done(store, job, entries);
  });
});

describe("a worker whose time is up", () => {
  it("has the next one go on from there, which reads nothing again that is stored", async () => {
    const entries = mixed_entries(25);
    const job = await asked_for(entries);
    let photos = 0;
    const client: Turns["client"] = (s3) =>
      watched(s3, async (command, send) => {
        if (is_photo(command)) {
          photos += 1;
          vi.setSystemTime(Date.now() + 3_000);
        }
        return send();
      });
    const before = queue.begun.length;
    expect(await queue.run({ client, remaining_ms: 19_000, between })).toBe(0);
    await expect_done(store, job, entries);
    expect(queue.begun.length - before).toBeGreaterThan(2);
    expect(photos).toBe(entries.filter(({ outcome }) => outcome === "uploaded").length);
  });
});

describe("an archive that goes while it is extracted", () => {
  it.each<[string, (job: UploadKey) => Promise<unknown>]>([
    [
      "removed",
      (job) => store.s3.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: quarantine_key(job) })),
    ],
    ["replaced", (job) => quarantined(store, zip_of([photo("other.jpg")]), { ...job, kind: "archive" })],
  ])("since it is %s leaves what was stored, and names the number of every other entry", async (_, end) => {
    const entries = mixed_entries(60);
    const job = await asked_for(entries);
    await queue.run({ turns: 2, workers: 1 });
    await end(job);
    expect(await queue.run()).toBe(0);
    const { state, done, outcomes } = await walk(store, job);
    expect({ state, ...done }).toMatchObject({ state: "done", entries: 60, failed: 35 + 2 });
    expect(outcomes.slice(25)).toEqual(
      Array.from({ length: 35 }, (_entry, index) => ({
        name: `#${index + 26}`,
        outcome: "failed",
        reason: "archive_missing",
      })),
    );
  });

  it("in the midst of a shard has the entries fail that were not read, by their names", async () => {
    const entries = Array.from({ length: 6 }, (_, index) => photo(`${index}.jpg`, 100_000 + index));
    const job = await asked_for(entries);
    // The first worker would have read them all at once, the second reads one after the other.
    const client: Turns["client"] = (s3, receives) =>
      watched(s3, async (command, send) => {
        if (is_photo(command)) {
          if (receives === 1) throw new Ended();
          await store.s3.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: quarantine_key(job) }));
        }
        return send();
      });
    expect(await queue.run({ client, between })).toBe(0);
    const { outcomes } = await walk(store, job);
    expect(outcomes).toMatchObject([
      { name: "0.jpg", outcome: "uploaded" },
      ...entries
        .slice(1)
        .map(({ parts: { name } }) => ({ name, outcome: "failed", reason: "archive_missing" })),
    ]);
  });
});

describe("the key of a photo", () => {
  it("is another one where the user has a photo under it already", async () => {
    const entries = [photo("a.jpg", 500), photo("b.jpg", 600), photo("a.jpg", 700)];
    const job = await asked_for(entries);
    const key_of = (turn: number): string =>
      photo_key(job.user, photo_filename(new Date(upload_time(job.id) - 3 - 3 * turn), "a.jpg"));
    await queue.storage.put(key_of(0), "theirs");
    await queue.storage.put(key_of(1), "theirs too");
    expect(await queue.run()).toBe(0);
    const { outcomes } = await walk(store, job);
    expect(outcomes.map((one) => "filename" in one && photo_key(job.user, one.filename))[0]).toBe(key_of(2));
    const keys = (await queue.storage.keys()).filter((key) => key.startsWith(`${job.user}/`));
    expect(keys).toHaveLength(5);
  });

  it("has a time before that of the upload, in the order of the directory", async () => {
    const entries = mixed_entries(30);
    const job = await asked_for(entries);
    await queue.run();
    const { outcomes } = await walk(store, job);
    const times = outcomes.flatMap((one, index) =>
      "filename" in one ? [[index, one.filename.slice(0, 19)] as const] : [],
    );
    for (const [index, time] of times) {
      expect(photo_filename(new Date(upload_time(job.id) - 30 + index), "x")).toContain(time);
    }
  });
});
