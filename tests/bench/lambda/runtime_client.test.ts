import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { missing_tools } from "../../../bench/lambda/runtime_client.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tools-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function add_tool(name: string, mode: number): Promise<void> {
  await writeFile(join(folder, name), "");
  await chmod(join(folder, name), mode);
}

describe("missing_tools", () => {
  it("names what cannot be run, and is content with another name of a tool", async () => {
    await add_tool("cmake3", 0o755);
    await add_tool("make", 0o755);
    await add_tool("tar", 0o755);
    await add_tool("xz", 0o644);
    const path = ["/nonexistent", folder].join(delimiter);
    // Root may write whatever the mode says, but runs nothing without the bit.
    expect(await missing_tools(path)).toEqual(["g++", "python3", "xz"]);
  });
});
