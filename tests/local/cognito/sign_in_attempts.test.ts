import { describe, expect, it } from "vitest";
import { sign_in_attempts } from "../../../local/cognito/sign_in_attempts.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;

function attempts_at(start: number) {
  let now = start;
  const attempts = sign_in_attempts(() => new Date(now));
  return { attempts, advance: (milliseconds: number) => (now += milliseconds) };
}

describe("the lock-out", () => {
  it("doubles with every failure after the fifth, up to fifteen minutes", () => {
    const { attempts, advance } = attempts_at(0);
    for (let n = 0; n < 4; n++) attempts.failed("ann");
    expect(attempts.locked("ann")).toBe(false);
    for (const seconds of [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]) {
      attempts.failed("ann");
      advance(seconds * SECOND - 1);
      expect(attempts.locked("ann")).toBe(true);
      advance(1);
      expect(attempts.locked("ann")).toBe(false);
    }
  });

  it("does not grow by tries while it lasts", () => {
    const { attempts, advance } = attempts_at(0);
    for (let n = 0; n < 5; n++) attempts.failed("ann");
    for (let n = 0; n < 10; n++) expect(attempts.locked("ann")).toBe(true);
    advance(SECOND);
    expect(attempts.locked("ann")).toBe(false);
  });

  it("is forgotten after a success, and after fifteen minutes without a try", () => {
    const { attempts, advance } = attempts_at(0);
    for (let n = 0; n < 5; n++) attempts.failed("ann");
    attempts.succeeded("ann");
    attempts.failed("ann");
    expect(attempts.locked("ann")).toBe(false);

    for (let n = 0; n < 4; n++) attempts.failed("bob");
    advance(15 * MINUTE + 1);
    expect(attempts.locked("bob")).toBe(false);
    attempts.failed("bob");
    expect(attempts.locked("bob")).toBe(false);
  });

  it("is one user's own", () => {
    const { attempts } = attempts_at(0);
    for (let n = 0; n < 5; n++) attempts.failed("ann");
    expect(attempts.locked("bob")).toBe(false);
  });
});
