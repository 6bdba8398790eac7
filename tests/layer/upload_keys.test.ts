import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  is_upload_id,
  new_upload_id,
  outcome_key,
  parse_quarantine_key,
  plan_task_key,
  quarantine_key,
  upload_time,
} from "../../layer/upload_keys.ts";
import { holds } from "../support/holds.ts";
import { time, user_name } from "../support/names.ts";

const since_1970 = time.filter((at) => at.getTime() >= 0);

describe("the id of an upload", () => {
  it("says when it was asked for, and later ones sort behind", () => {
    holds(
      fc.property(since_1970, since_1970, (one, other) => {
        const [first, second] = [new_upload_id(one.getTime()), new_upload_id(other.getTime())];
        expect([upload_time(first), upload_time(second)]).toEqual([one.getTime(), other.getTime()]);
        expect(is_upload_id(first)).toBe(true);
        if (one < other) expect(first < second).toBe(true);
      }),
    );
  });

  it("is another one each time, in one millisecond too", () => {
    const ids = Array.from({ length: 10_000 }, () => new_upload_id(0));
    expect(new Set(ids).size).toBe(ids.length);
    expect(new Set(ids.join("")).size).toBe(32);
  });

  it.each([
    "",
    "0",
    new_upload_id().slice(1),
    `${new_upload_id()}0`,
    new_upload_id().toUpperCase(),
    `w${new_upload_id().slice(1)}`,
    // A millisecond after the last that a photo's timestamp can express.
    new_upload_id(Date.UTC(10_000, 0, 1)),
    `${new_upload_id()}\n`,
  ])("is not %j", (text) => {
    expect(is_upload_id(text)).toBe(false);
  });
});

describe("a key of an upload", () => {
  it("is read back as the user's that it was made for, and never longer than S3 takes", () => {
    holds(
      fc.property(user_name, since_1970, (user, at) => {
        const upload = { user, id: new_upload_id(at.getTime()) };
        expect(parse_quarantine_key(quarantine_key(upload))).toEqual(upload);
        for (const key of [quarantine_key(upload), outcome_key(upload), plan_task_key(upload)]) {
          expect(key.startsWith(".")).toBe(true);
          expect(Buffer.byteLength(key)).toBeLessThanOrEqual(1_024);
        }
      }),
    );
  });

  const id = "00000000000000000000000000";

  it.each([
    "",
    ".quarantine/",
    ".quarantine/ann",
    `.quarantine/ann/${id}/`,
    `.quarantine/ann/${id}/x`,
    `.quarantine//${id}`,
    `.quarantine/a.b/${id}`,
    `.quarantine/a%2eb/${id}`,
    `.quarantine/a%/${id}`,
    `quarantine/ann/${id}`,
    `.outcomes/ann/${id}`,
    `ann/${id}`,
    `.quarantine/ann/${id.slice(1)}`,
    ".quarantine/ann/20261123T101530123Z_beach.jpg",
  ])("is not %j", (key) => {
    expect(parse_quarantine_key(key)).toBeUndefined();
  });
});
