import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { checksum_key } from "../../layer/checksum_keys.ts";
import {
  claims_by,
  is_compared,
  type NewClaim,
  new_origin,
  type PlacedPhoto,
  placed_photo,
  read_claim,
  write_claimed_photo,
} from "../../layer/claimed_photo.ts";
import { parse_filename, photo_key } from "../../layer/photo_keys.ts";
import type { Origin } from "../../layer/photo_once.ts";
import { caught } from "../support/caught.ts";
import {
  type MemoryStorage,
  memory_storage,
  type Step,
  s3_error,
  worker_of,
} from "../support/claimed_photos.ts";

/** The pauses before it is begun anew. */
vi.mock("node:timers/promises", () => ({ setTimeout: async () => {} }));

const SHA256 = "5".repeat(64);
const OTHER = "6".repeat(64);
const MINUTE = 60_000;

const photo_of = (original_name: string, sha256 = SHA256) => ({
  user: "ann",
  original_name,
  facts: { sha256 },
});

/** Each of one second, so that no two origins share a key. */
const origin_of = (second: number): Origin => ({
  id: `upload/${second}`,
  times: [0, 1, 2].map((ms) => new Date(second * 1_000 + ms)),
});

const at_once: Step = async () => {};

const put = (storage: MemoryStorage, name: string, origin: Origin, sha256?: string, step: Step = at_once) => {
  const { claims, write, look } = worker_of(storage, step);
  return write_claimed_photo(photo_of(name, sha256), origin, claims, write, look, () => storage.now);
};

const keys = ({ photos }: MemoryStorage): string[] => [...photos.keys()];

describe("write_claimed_photo", () => {
  it("claims the checksum, then writes the photo with its name, its origin and its checksum", async () => {
    const storage = memory_storage();
    const requests: string[] = [];
    const step: Step = async (request) => void requests.push(request);
    const placed = await put(storage, "Beach/ü.jpg", origin_of(3), SHA256, step);
    expect(placed).toEqual({ filename: "19700101T000003000Z_ü.jpg", duplicate: false });
    expect(storage.photos.get(photo_key("ann", placed.filename))).toMatchObject({
      origin: "upload/3",
      sha256: SHA256,
      original_name: "Beach%2F%C3%BC.jpg",
    });
    expect([...storage.claims.keys()]).toEqual([checksum_key("ann", SHA256)]);
    expect(requests).toEqual(["write claim", "claim written", "write photo", "photo written"]);
  });

  it("finds the same photo by three requests, and writes nothing", async () => {
    const storage = memory_storage();
    const { filename } = await put(storage, "a.jpg", origin_of(1));
    storage.now += 30 * MINUTE;
    const requests: string[] = [];
    const again = await put(storage, "b.jpg", origin_of(2), SHA256, async (request) => {
      requests.push(request);
    });
    expect(again).toEqual({ filename, duplicate: true });
    expect(requests.filter((_, index) => index % 2 === 0)).toEqual(["write claim", "read claim", "look"]);
    expect(keys(storage)).toHaveLength(1);
  });

  it("is no duplicate of what an earlier try of the same upload has written", async () => {
    const storage = memory_storage();
    const first = await put(storage, "a.jpg", origin_of(1));
    expect(await put(storage, "a.jpg", origin_of(1))).toEqual(first);
    expect(keys(storage)).toHaveLength(1);
  });

  it("stores a photo anew, at its own time, that has been deleted", async () => {
    const storage = memory_storage();
    await put(storage, "a.jpg", origin_of(1));
    storage.photos.clear();
    storage.now += 15 * MINUTE;
    const again = await put(storage, "b.jpg", origin_of(2));
    expect(again).toEqual({ filename: "19700101T000002000Z_b.jpg", duplicate: false });
    expect(await put(storage, "c.jpg", origin_of(3))).toEqual({ ...again, duplicate: true });
  });

  it.each([1, 14])("brings it back under its former name %i minutes after its claim", async (minutes) => {
    const storage = memory_storage();
    const first = await put(storage, "a.jpg", origin_of(1));
    storage.photos.clear();
    storage.now += minutes * MINUTE;
    expect(await put(storage, "b.jpg", origin_of(2))).toEqual(first);
    expect([...storage.photos.values()]).toMatchObject([{ original_name: "a.jpg", origin: "upload/2" }]);
  });

  it.each([1, 4, 6, 9, 11, 13, 14])(
    "cannot be replaced by another name while it is written, %i minutes after its claim",
    async (minutes) => {
      const storage = memory_storage();
      const claim = { filename: "19700101T000001000Z_a.jpg", original_name: "a.jpg" };
      storage.claims.set(checksum_key("ann", SHA256), { claim, etag: "e", at: storage.now });
      storage.now += minutes * MINUTE;
      const writing = Promise.withResolvers<void>();
      const go_on = Promise.withResolvers<void>();
      const slow = put(storage, "b.jpg", origin_of(2), SHA256, async (request) => {
        if (request !== "write photo") return;
        writing.resolve();
        await go_on.promise;
      });
      await writing.promise;
      storage.now += LONGEST_RUN;
      const placed = await put(storage, "c.jpg", origin_of(3));
      go_on.resolve();
      expect(await slow).toEqual({ filename: placed.filename, duplicate: true });
      expect(keys(storage)).toEqual([photo_key("ann", claim.filename)]);
    },
  );

  it("takes the next key, and claims that, where another photo has the first by chance", async () => {
    const storage = memory_storage();
    await put(storage, "a.jpg", origin_of(1), OTHER);
    const placed = await put(storage, "a.jpg", { ...origin_of(1), id: "another" });
    expect(placed).toEqual({ filename: "19700101T000001001Z_a.jpg", duplicate: false });
    expect(await put(storage, "b.jpg", origin_of(2))).toEqual({ ...placed, duplicate: true });
    expect(keys(storage)).toHaveLength(2);
  });

  it("fails where other photos have all keys, and where a claim never settles", async () => {
    const storage = memory_storage();
    for (const ms of [0, 1, 2]) {
      const origin = { id: `${ms}`, times: [new Date(1_000 + ms)] };
      await put(storage, "a.jpg", origin, `${ms}`.repeat(64));
    }
    expect(await caught(() => put(storage, "a.jpg", { ...origin_of(1), id: "late" }))).toMatchObject({
      message: "other photos have every key that this one could have",
    });
    const { claims, look, write } = worker_of(memory_storage(), at_once);
    const unsettled = { ...claims, write: async () => false };
    const failing = caught(() =>
      write_claimed_photo(photo_of("a.jpg"), origin_of(1), unsettled, write, look),
    );
    expect(await failing).toMatchObject({ message: "the claim of a photo changes all the time" });
  });

  it("replaces a claim that names no photo", async () => {
    const storage = memory_storage();
    const claim = { filename: "undefined", original_name: "undefined" };
    storage.claims.set(checksum_key("ann", SHA256), { claim, etag: "e", at: storage.now });
    expect(await put(storage, "a.jpg", origin_of(1))).toMatchObject({ duplicate: false });
    expect(await put(storage, "a.jpg", origin_of(2))).toMatchObject({ duplicate: true });
  });

  it("tries a key again that is being written to, and lets every other failure through", async () => {
    const storage = memory_storage();
    const { claims, look, write } = worker_of(storage, at_once);
    const failing = vi.fn(write);
    failing.mockRejectedValueOnce(s3_error("ConditionalRequestConflict"));
    const placed = await write_claimed_photo(
      photo_of("a.jpg"),
      origin_of(1),
      claims,
      failing,
      look,
      () => storage.now,
    );
    expect(placed).toMatchObject({ duplicate: false });
    const refused = s3_error("AccessDenied");
    failing.mockRejectedValueOnce(refused);
    storage.photos.clear();
    const again = () =>
      write_claimed_photo(photo_of("a.jpg"), origin_of(1), claims, failing, look, () => storage.now);
    expect(await caught(again)).toBe(refused);
  });

  it("tells users and photos apart", async () => {
    const storage = memory_storage();
    const { claims, look, write } = worker_of(storage, at_once);
    for (const [user, sha256] of [
      ["ann", SHA256],
      ["bob", SHA256],
      ["ann", OTHER],
    ] as const) {
      const photo = { ...photo_of("a.jpg", sha256), user };
      expect(await write_claimed_photo(photo, new_origin(), claims, write, look)).toMatchObject({
        duplicate: false,
      });
    }
    expect(keys(storage)).toHaveLength(3);
  });
});

/** A process that ends: its requests before that have been carried out, and none behind. */
class Ended extends Error {}

/** No function runs for longer. */
const LONGEST_RUN = 5 * MINUTE;

interface Run {
  readonly name: string;
  readonly origin: number;
  /** How many steps it makes before it ends; for ever, where that is none. */
  readonly ends_after: number | undefined;
}

const any_run: fc.Arbitrary<Omit<Run, "origin">> = fc.record({
  name: fc.constantFrom("a.jpg", "b.jpg"),
  ends_after: fc.option(fc.nat(12), { nil: undefined }),
});

/** Starts a run whose every step the scheduler decides on, and before each of which time may pass. */
async function run(
  storage: MemoryStorage,
  scheduler: fc.Scheduler,
  { name, origin, ends_after = Number.POSITIVE_INFINITY }: Run,
  passing: () => number,
): Promise<PlacedPhoto | undefined> {
  await scheduler.schedule(Promise.resolve(), `${origin} begins`);
  const began = storage.now;
  let steps = 0;
  const step: Step = async (request) => {
    await scheduler.schedule(Promise.resolve(), `${origin} ${request}`);
    storage.now += passing();
    steps += 1;
    if (steps > ends_after || storage.now - began > LONGEST_RUN) throw new Ended();
  };
  try {
    return await put(storage, name, origin_of(origin), SHA256, step);
  } catch (error) {
    if (!(error instanceof Ended)) throw error;
    return undefined;
  }
}

describe("many at once", () => {
  it("leave one photo, whoever ends wherever, and whoever was told that it is there is right", async () => {
    const rounds = fc.array(fc.array(any_run, { minLength: 1, maxLength: 6 }), {
      minLength: 1,
      maxLength: 3,
    });
    // From nothing to minutes, so that a claim grows old while somebody is at it.
    const passing = fc.infiniteStream(fc.oneof({ weight: 6, arbitrary: fc.constant(0) }, fc.nat(4 * MINUTE)));
    const between = fc.infiniteStream(fc.nat(20 * MINUTE));
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), rounds, passing, between, async (scheduler, all, passes, pauses) => {
        const storage = memory_storage();
        const next = () => passes.next().value ?? 0;
        const told: PlacedPhoto[] = [];
        let origin = 0;
        for (const runs of all) {
          // Half of them are tries of the same uploads as before, as a queue makes them.
          const started = runs.map((one, index) => {
            origin += index % 2;
            return run(storage, scheduler, { ...one, origin }, next);
          });
          await scheduler.waitFor(Promise.all(started));
          told.push(...(await Promise.all(started)).flatMap((one) => one ?? []));
          expect(storage.photos.size).toBeLessThanOrEqual(1);
          for (const { filename } of told) expect(keys(storage)).toEqual([photo_key("ann", filename)]);
          storage.now += pauses.next().value ?? 0;
        }
        const last = await put(storage, "last.jpg", origin_of(99));
        expect(keys(storage)).toEqual([photo_key("ann", last.filename)]);
        for (const { filename } of told) expect(filename).toBe(last.filename);
        expect(told.length === 0 || last.duplicate).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  it("leave one photo after its deletion, too, whenever that comes", async () => {
    const runs = fc.array(any_run, { minLength: 2, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), runs, fc.nat(20 * MINUTE), async (scheduler, all, pause) => {
        const storage = memory_storage();
        await put(storage, "first.jpg", origin_of(50));
        storage.now += pause;
        const started = all.map((one, origin) => run(storage, scheduler, { ...one, origin }, () => 0));
        const deleting = scheduler.schedule(Promise.resolve(), "deletion").then(() => storage.photos.clear());
        await scheduler.waitFor(Promise.all([...started, deleting]));
        expect(storage.photos.size).toBeLessThanOrEqual(1);
        const { filename } = await put(storage, "last.jpg", origin_of(99));
        expect(keys(storage)).toEqual([photo_key("ann", filename)]);
      }),
      { numRuns: 500 },
    );
  });

  it("are told once that the photo is new, where nobody ends", async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.integer({ min: 2, max: 8 }), async (scheduler, count) => {
        const storage = memory_storage();
        const started = Array.from({ length: count }, (_, origin) =>
          run(storage, scheduler, { name: "a.jpg", origin, ends_after: undefined }, () => 0),
        );
        await scheduler.waitFor(Promise.all(started));
        const told = await Promise.all(started);
        expect(told.filter((one) => one?.duplicate === false)).toHaveLength(1);
      }),
      { numRuns: 300 },
    );
  });
});

describe("placed_photo", () => {
  it("leaves a photo without a checksum to whoever writes it otherwise, and asks nobody", async () => {
    const asked = vi.fn();
    const places = { claims: { read: asked, write: asked }, look: asked };
    const photo = { user: "ann", original_name: "a.jpg", facts: {} };
    expect(await placed_photo(photo, places, asked, async () => ({ filename: "f" }))).toEqual({
      filename: "f",
      duplicate: false,
    });
    expect(asked).not.toHaveBeenCalled();
  });

  it("gives one with a checksum an origin and a time of its own", async () => {
    const storage = memory_storage();
    const { claims, look, write } = worker_of(storage, at_once);
    const otherwise = vi.fn();
    const { filename } = await placed_photo(photo_of("a.jpg"), { claims, look }, write, otherwise);
    expect(otherwise).not.toHaveBeenCalled();
    expect(Math.abs((parse_filename(filename)?.uploaded_at.getTime() ?? 0) - Date.now())).toBeLessThan(
      MINUTE,
    );
  });
});

describe("read_claim", () => {
  const object_of = (text: string) => ({
    Body: { transformToString: async () => text },
    ETag: '"e"',
    LastModified: new Date(5),
  });

  it("gives what has been written, with its ETag and its time", async () => {
    const written: NewClaim[] = [];
    const claims = claims_by(
      async () => undefined,
      async (object) => written.push(object),
    );
    const claim = { filename: "f", original_name: "ü.jpg" };
    expect(await claims.write("key", claim)).toBe(true);
    expect(await claims.write("key", claim, '"e"')).toBe(true);
    const [first, second] = written;
    expect(first).toMatchObject({ Key: "key", IfNoneMatch: "*", ContentType: "application/json" });
    expect(first).not.toHaveProperty("IfMatch");
    expect(second).toMatchObject({ IfMatch: '"e"' });
    expect(second).not.toHaveProperty("IfNoneMatch");
    // S3 makes the ETag of the bytes.
    expect(second?.Body).not.toEqual(first?.Body);
    const found = await read_claim(object_of(Buffer.from(first?.Body ?? []).toString()));
    expect(found).toEqual({ ...claim, etag: '"e"', claimed_at: new Date(5) });
  });

  it.each(["", "no JSON", "null", '"text"', "{}"])("takes %j for the claim of no photo", async (text) => {
    const found = await read_claim(object_of(text));
    expect(found?.etag).toBe('"e"');
    expect(parse_filename(found?.filename ?? "")).toBeUndefined();
  });

  it("gives nothing where there is none", async () => {
    expect(await read_claim(undefined)).toBeUndefined();
  });

  it.each([
    ["PreconditionFailed", 412, undefined, false],
    ["ConditionalRequestConflict", 409, undefined, false],
    ["NoSuchKey", 404, '"e"', false],
    ["NoSuchBucket", 404, undefined, true],
    ["AccessDenied", 403, '"e"', true],
    ["InternalError", 500, undefined, true],
  ])(
    "is not written after %s %i with the ETag %s; throws: %s",
    async (name, httpStatusCode, etag, throws) => {
      const error = Object.assign(s3_error(name), { $metadata: { httpStatusCode } });
      const claims = claims_by(
        async () => undefined,
        () => Promise.reject(error),
      );
      const writing = claims.write("key", { filename: "f", original_name: "n" }, etag);
      if (throws) await expect(writing).rejects.toBe(error);
      else expect(await writing).toBe(false);
    },
  );
});

describe("is_compared", () => {
  it.each([
    [{}, 1, false],
    [{ finds_duplicates: false }, 1, false],
    [{ finds_duplicates: true }, 500_000_000, true],
    [{ finds_duplicates: true }, 500_000_001, false],
  ])("of %o and %i bytes is %s", (store, size, compared) => {
    expect(is_compared(store, size)).toBe(compared);
  });
});
