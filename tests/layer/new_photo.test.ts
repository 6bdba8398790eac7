import * as fc from "fast-check";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { clean_name, parse_photo_key } from "../../layer/photo_keys.ts";
import { holds } from "../support/holds.ts";
import { file_name, user_name } from "../support/names.ts";

/** As a process that has just started: it has given no time yet. */
async function fresh_process() {
  vi.resetModules();
  return await import("../../layer/new_photo.ts");
}

let { next_time, write_new_photo } = await fresh_process();

beforeEach(async () => {
  ({ next_time, write_new_photo } = await fresh_process());
});

const s3_error = (name: string): Error => Object.assign(new Error("As S3 words it."), { name });

/** A write that fails with these errors, one at each call, and then succeeds. */
const write_failing_with = (...errors: Error[]) =>
  vi.fn<Parameters<typeof write_new_photo>[2]>(async () => {
    const error = errors.shift();
    if (error) throw error;
  });

describe("next_time", () => {
  it("is later than every time before, whatever the clock shows", () => {
    const clock = fc.array(fc.integer({ min: 0, max: 4_000_000_000_000 }), { minLength: 1, maxLength: 50 });
    let before = -1;
    holds(
      fc.property(clock, (readings) => {
        for (const reading of readings) {
          const given = next_time(reading).getTime();
          expect(given).toBeGreaterThan(before);
          expect(given).toBeGreaterThanOrEqual(reading);
          before = given;
        }
      }),
    );
  });

  it("is the clock's time where that is later", () => {
    expect(next_time(1_000)).toEqual(new Date(1_000));
    expect(next_time(5_000)).toEqual(new Date(5_000));
  });

  it("goes on by milliseconds while the clock stands still or goes back", () => {
    expect([7_000, 7_000, 7_000, 6_000, 7_003].map((now) => next_time(now).getTime())).toEqual([
      7_000, 7_001, 7_002, 7_003, 7_004,
    ]);
  });

  it("reads the clock of the machine", () => {
    const now = Date.now();
    expect(next_time().getTime()).toBeGreaterThanOrEqual(now);
  });
});

describe("write_new_photo", () => {
  it("writes once, under a key of the user, on condition that it is free", async () => {
    const write = write_failing_with();
    const photo = await write_new_photo("a/b", "C:\\fakepath\\beach.jpg", write);
    expect(write).toHaveBeenCalledExactlyOnceWith({
      Key: `a%2Fb/${photo.filename}`,
      IfNoneMatch: "*",
      Metadata: { "original-name": "C%3A%5Cfakepath%5Cbeach.jpg" },
    });
    expect(photo.name).toBe("beach.jpg");
    expect(parse_photo_key(`a%2Fb/${photo.filename}`)).toEqual({ user: "a/b", ...photo });
  });

  it.each(["PreconditionFailed", "ConditionalRequestConflict"])(
    "takes the next timestamp where S3 answers %s",
    async (name) => {
      const write = write_failing_with(s3_error(name), s3_error(name));
      const photo = await write_new_photo("ann", "beach.jpg", write);
      const times = write.mock.calls.map(([{ Key }]) => parse_photo_key(Key)?.uploaded_at.getTime() ?? 0);
      expect(times).toHaveLength(3);
      expect(times).toEqual([...new Set(times)].sort((a, b) => a - b));
      expect(photo.uploaded_at.getTime()).toBe(times.at(-1));
    },
  );

  it.each(["SlowDown", "AccessDenied", "NoSuchBucket", "TimeoutError", "Error"])(
    "lets %s through at once",
    async (name) => {
      const error = s3_error(name);
      const write = write_failing_with(error);
      await expect(write_new_photo("ann", "beach.jpg", write)).rejects.toBe(error);
      expect(write).toHaveBeenCalledOnce();
    },
  );

  it("gives up after 100 keys that were taken", async () => {
    const errors = Array.from({ length: 200 }, () => s3_error("PreconditionFailed"));
    const last = errors[99];
    const write = write_failing_with(...errors);
    await expect(write_new_photo("ann", "beach.jpg", write)).rejects.toBe(last);
    expect(write).toHaveBeenCalledTimes(100);
    expect(new Set(write.mock.calls.map(([{ Key }]) => Key)).size).toBe(100);
  });

  it("gives 50 uploads of one name at once 50 filenames", async () => {
    const photos = await Promise.all(
      Array.from({ length: 50 }, () => write_new_photo("ann", "beach.jpg", write_failing_with())),
    );
    expect(new Set(photos.map(({ filename }) => filename)).size).toBe(50);
  });

  it("keeps the name as sent, or its end, in metadata of 1,536 ASCII characters at most", async () => {
    await fc.assert(
      fc.asyncProperty(user_name, file_name, async (user, name) => {
        const write = write_failing_with();
        const photo = await write_new_photo(user, name, write);
        const kept = write.mock.calls[0]?.[0].Metadata["original-name"] ?? "missing";
        expect(kept).toMatch(/^[\x21-\x7e]{0,1536}$/);
        expect(name.toWellFormed().endsWith(decodeURIComponent(kept))).toBe(true);
        expect(photo.name).toBe(clean_name(name));
      }),
      { numRuns: 300 },
    );
  });

  it("keeps of a name that is too long as many characters of its end as fit", async () => {
    const write = write_failing_with();
    await write_new_photo("ann", `${"é".repeat(2_000)}/beach.jpg`, write);
    const kept = write.mock.calls[0]?.[0].Metadata["original-name"] ?? "";
    expect(decodeURIComponent(kept)).toMatch(/^é{254}\/beach\.jpg$/);
    expect(kept.length).toBeGreaterThan(1_536 - 6);
  });

  it.each([
    ["of 500 letters", "é".repeat(250)],
    ["with a path", "C:\\fakepath\\é\u0301\r\n.jpg"],
    ["that is empty", ""],
  ])("keeps a name %s whole", async (_, name) => {
    const write = write_failing_with();
    await write_new_photo("ann", name, write);
    expect(decodeURIComponent(write.mock.calls[0]?.[0].Metadata["original-name"] ?? "missing")).toBe(name);
  });
});
