/** Lists of few photos and of thousands, and walks through them while they change. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { jpeg_of } from "../support/fixture_photos.ts";
import { read_problem } from "./client.ts";
import { new_session, type Session } from "./session.ts";
import { start_test_stack, type TestStack } from "./stack.ts";
import { type Storage, stamp, storage_of } from "./storage.ts";

let stack: TestStack;
let storage: Storage;
beforeAll(async () => {
  stack = await start_test_stack();
  storage = storage_of(stack);
});
afterAll(async () => {
  storage.close();
  await stack.close();
});

const HOUR = 3_600_000;

/** S3's order is that of the bytes. */
const newest_first = (filenames: readonly string[]): string[] =>
  filenames.toSorted((a, b) => Buffer.compare(Buffer.from(b), Buffer.from(a)));

/** Filenames over three years: a few far apart, bursts within minutes, and a crowd in one millisecond. */
function library(now: number): string[] {
  const sparse = Array.from(
    { length: 20 },
    (_, at) => `${stamp(now - HOUR - at * 1_300 * HOUR)}_sparse ${at}.jpg`,
  );
  const burst = Array.from(
    { length: 30 },
    (_, at) => `${stamp(now - 48 * HOUR + at * 37)}_burst ${at % 3}.jpg`,
  );
  const crowd = Array.from(
    { length: 25 },
    (_, at) => `${stamp(now - 72 * HOUR)}_crowd ${at} \u{1f4f7} \uffe0.jpg`,
  );
  return newest_first([...sparse, ...burst, ...crowd]);
}

async function session_with(name: string, filenames: readonly string[]): Promise<Session> {
  const session = await new_session(stack, name);
  await storage.put_all(
    filenames.map((filename) => `${session.sub}/${filename}`),
    Buffer.from([1]),
  );
  return session;
}

const names = (photos: readonly { filename: string }[]) => photos.map(({ filename }) => filename);

describe("a list", () => {
  it("is empty for a user who has no photos", async () => {
    const session = await new_session(stack, "empty");
    expect(await session.list()).toEqual({ photos: [] });
    expect(await session.list({ limit: 1 })).toEqual({ photos: [] });
  });

  it("without a limit has all photos, newest first, and no cursor", async () => {
    const filenames = library(Date.now());
    const session = await session_with("all", filenames);
    const { photos, cursor } = await session.list();
    expect(names(photos)).toEqual(filenames);
    expect(cursor).toBeUndefined();
    for (const { filename, name, size, uploadedAt } of photos) {
      expect(filename).toBe(`${uploadedAt.replace(/[-:.]/g, "")}_${name}`);
      expect(size).toBe(1);
    }
  });

  it("has as many as were asked for, and a cursor where there are more", async () => {
    const filenames = library(Date.now());
    const session = await session_with("limited", filenames);
    for (const limit of [1, 2, filenames.length - 1]) {
      const { photos, cursor } = await session.list({ limit });
      expect(names(photos)).toEqual(filenames.slice(0, limit));
      expect(cursor).toEqual(expect.any(String));
    }
    for (const limit of [filenames.length, 1_000]) {
      expect((await session.list({ limit })).cursor).toBeUndefined();
    }
  });

  it("is walked with any limit, and every photo seen once", async () => {
    const filenames = library(Date.now());
    const session = await session_with("walker", filenames);
    for (const limit of [1, 4, 7, 25, 74, 75]) {
      expect(names(await session.list_all(limit))).toEqual(filenames);
    }
  });

  it("goes on with another limit, and with none", async () => {
    const filenames = library(Date.now());
    const session = await session_with("changing", filenames);
    const { cursor } = await session.list({ limit: 3 });
    const second = await session.list({ limit: 30, cursor });
    expect(names(second.photos)).toEqual(filenames.slice(3, 33));
    expect(names((await session.list({ cursor: second.cursor })).photos)).toEqual(filenames.slice(33));
    // A cursor may be used again.
    expect(names((await session.list({ limit: 30, cursor })).photos)).toEqual(filenames.slice(3, 33));
  });

  it("shows each photo that was there at the start exactly once, while others come and go", async () => {
    const filenames = library(Date.now());
    const session = await session_with("busy", filenames);
    const seen: string[] = [];
    const deleted = new Set<string>();
    const uploaded: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await session.list({ limit: 7, ...(cursor && { cursor }) });
      seen.push(...names(page.photos));
      cursor = page.cursor;
      uploaded.push((await session.upload(jpeg_of(100, seen.length), "meanwhile.jpg")).filename);
      // The one that the cursor stands on, and one that is still to come.
      for (const gone of [seen.at(-1), filenames[seen.length + 2]]) {
        if (gone === undefined || deleted.has(gone)) continue;
        expect((await session.delete(gone)).status).toBe(200);
        deleted.add(gone);
      }
    } while (cursor !== undefined);

    expect(seen).toEqual(newest_first(seen));
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).toEqual(expect.arrayContaining(filenames.filter((filename) => !deleted.has(filename))));
    expect(seen.filter((filename) => !filenames.includes(filename))).toEqual([]);
    expect(deleted.size).toBeGreaterThan(10);
    expect(names((await session.list()).photos)).toEqual(
      newest_first([...uploaded, ...filenames.filter((filename) => !deleted.has(filename))]),
    );
  });

  it("ends where the photos that were left have been deleted meanwhile", async () => {
    const filenames = library(Date.now()).slice(0, 5);
    const session = await session_with("emptied", filenames);
    const { cursor } = await session.list({ limit: 2 });
    await Promise.all(filenames.map((filename) => session.delete(filename)));
    expect(await session.list({ cursor })).toEqual({ photos: [] });
  });
});

describe("a list that is filtered", () => {
  it("has the photos of a span of time and of a name, in pages too", async () => {
    const now = Date.now();
    const filenames = library(now);
    const session = await session_with("filtered", filenames);
    const uploaded = await session.upload(jpeg_of(100), "sparse and new.jpg");
    const time_of = (filename: string) => filename.slice(0, 19);
    const [from, to] = [now - 50 * HOUR, now - 47 * HOUR].map((time) => new Date(time).toISOString());
    const burst = filenames.filter((filename) => filename.includes("_burst"));
    expect(names((await session.list({ from, to })).photos)).toEqual(burst);
    expect(names((await session.list({ from: uploaded.uploadedAt })).photos)).toEqual([uploaded.filename]);
    const earlier = names((await session.list({ to: uploaded.uploadedAt })).photos);
    expect(earlier).toEqual(filenames);
    const prefixed = names((await session.list({ prefix: "sparse", from })).photos);
    expect(prefixed).toEqual([
      uploaded.filename,
      ...filenames.filter(
        (filename) => filename.includes("_sparse") && time_of(filename) >= stamp(now - 50 * HOUR),
      ),
    ]);

    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await session.list({ prefix: "crowd", to, limit: 4, ...(cursor && { cursor }) });
      seen.push(...names(page.photos));
      cursor = page.cursor;
    } while (cursor !== undefined);
    expect(seen).toEqual(filenames.filter((filename) => filename.includes("_crowd")));
  });

  it("goes on with what it began with, and with nothing else", async () => {
    const session = await session_with("bound", library(Date.now()));
    const { cursor } = await session.list({ prefix: "burst", limit: 1 });
    read_problem(await session.json("/list", { cursor }), 400, "invalid_cursor", "cursor");
  });
});

describe("a library of 2,800 photos with long names", () => {
  // Quotation marks count four times in an answer, so that fewer photos than there are fill one.
  const long_name = `${'"'.repeat(250)}.jpg`;
  const start = Date.now() - 20_000 * HOUR;
  const filenames = newest_first(
    Array.from({ length: 2_800 }, (_, at) => {
      const time = at < 1_500 ? start + at * 7 * HOUR : start + 15_000 * HOUR + at * 3;
      return `${stamp(time)}_${long_name}`;
    }),
  );
  let session: Session;
  beforeAll(async () => {
    session = await session_with("collector", filenames);
  });

  it("is answered up to what one answer holds, and goes on from there", async () => {
    const { photos, cursor } = await session.list();
    expect(photos.length).toBeGreaterThan(2_000);
    expect(photos.length).toBeLessThan(2_800);
    expect(names(photos)).toEqual(filenames.slice(0, photos.length));
    const rest = await session.list({ cursor });
    expect(names(rest.photos)).toEqual(filenames.slice(photos.length));
    expect(rest.cursor).toBeUndefined();
  });

  it("is walked by 700, across S3's own pages of 1,000", async () => {
    expect(names(await session.list_all(700))).toEqual(filenames);
  });

  it("is answered by the thousand, the most that may be asked for", async () => {
    expect(names((await session.list({ limit: 1_000 })).photos)).toEqual(filenames.slice(0, 1_000));
  });
});
