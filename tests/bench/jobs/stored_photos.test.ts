import { expect, it } from "vitest";
import { hashes_by_key } from "../../../bench/jobs/stored_photos.ts";
import type { JobResponse } from "../../../schemas/job.ts";

const expected = new Map([
  ["2025/a.jpg", "hash of a"],
  ["2025/b.jpg", "hash of b"],
]);

const uploaded = (name: string, filename: string): JobResponse["outcomes"][number] => ({
  name,
  outcome: "uploaded",
  filename,
  size: 1,
  contentType: "image/jpeg",
});

const a = uploaded("2025/a.jpg", "1_a.jpg");
const b = uploaded("2025/b.jpg", "2_b.jpg");

it("every entry has a key of its own", () => {
  expect([...hashes_by_key("user/", [b, a], expected)]).toEqual([
    ["user/2_b.jpg", "hash of b"],
    ["user/1_a.jpg", "hash of a"],
  ]);
});

it.each([
  ["an entry without an outcome", [a], /1 outcomes of 1 entries, of 2/],
  ["an entry with two", [a, b, b], /3 outcomes of 2 entries, of 2/],
  ["an entry twice, in place of another", [a, a], /2 outcomes of 1 entries/],
  ["an outcome of no entry", [a, uploaded("2025/c.jpg", "3_c.jpg")], /of no entry/],
  ["two entries under one key", [a, uploaded("2025/b.jpg", "1_a.jpg")], /2 entries have 1 keys/],
  [
    "an entry that failed",
    [a, { name: "2025/b.jpg", outcome: "failed", reason: "worker_failed" } as const],
    /worker_failed/,
  ],
])("%s is told", (_, outcomes, message) => {
  expect(() => hashes_by_key("user/", outcomes, expected)).toThrow(message);
});
