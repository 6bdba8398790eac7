import { describe, expect, it } from "vitest";
import { finished_process, is_installed } from "../../bench/finished_process.ts";

const node = (script: string, options?: Parameters<typeof finished_process>[2]) =>
  finished_process(process.execPath, ["-e", script], options);

describe("finished_process", () => {
  it("gives what was written to either output", async () => {
    const script = "process.stdout.write(process.env.WORD); process.stderr.write('aside')";
    expect(await node(script, { env: { WORD: "word" } })).toEqual({ text: "word", error_text: "aside" });
  });

  it("fails with the line that names the error", async () => {
    await expect(node("throw new RangeError('too far')")).rejects.toThrow(/^RangeError: too far$/);
  });

  it("fails with the status where nothing else is known", async () => {
    await expect(node("process.exit(3)")).rejects.toThrow("ended with 3");
  });

  it("ends what takes too long", async () => {
    await expect(node("setInterval(() => {}, 1000)", { limit_ms: 50 })).rejects.toThrow("ended with SIGKILL");
  });
});

describe("is_installed", () => {
  it("tells whether a command runs", async () => {
    expect(await is_installed(process.execPath, ["--version"])).toBe(true);
    expect(await is_installed("a command that is not there", [])).toBe(false);
  });
});
