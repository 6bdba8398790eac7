import { expect, it } from "vitest";
import { last_start } from "../../jobs/attempt.ts";

it("keeps back enough of a worker's time for an entry that is under way", () => {
  const { signal } = new AbortController();
  expect(last_start({ receives: 1, deadline: 300_000, signal })).toBe(285_000);
});
