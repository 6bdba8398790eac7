import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import * as z from "zod";

const run = promisify(execFile);
const SEED = 20_261_123;
const COUNT = 12_000;

describe("mutated multipart forms", () => {
  it("never end the process, never hang, and give exact bytes or a problem of the client", async () => {
    const script = fileURLToPath(new URL("multipart_fuzz.ts", import.meta.url));
    const { stdout } = await run(process.execPath, [script, `${SEED}`, `${COUNT}`]);
    const outcomes = z.record(z.string(), z.number()).parse(JSON.parse(stdout));

    expect(Object.values(outcomes).reduce((sum, count) => sum + count, 0)).toBe(COUNT);
    // Mutations that were all refused at once would have tried nothing.
    expect(outcomes.accepted).toBeGreaterThan(COUNT / 20);
    expect(Object.keys(outcomes)).toEqual(
      expect.arrayContaining(["malformed_multipart", "missing_file", "too_many_files", "empty_file"]),
    );
  });
});
