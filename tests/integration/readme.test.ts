/** The README's script for what is larger than a function takes: it does what it says, as it is copied. */
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { whole_holiday_entries, zip_entries } from "../../local/demo/holiday_archive.ts";
import { enlarged, sample } from "../../local/demo/photos.ts";
import { announce_missing_curl, curl_is_here } from "./curl.ts";
import { type Session, sign_in } from "./session.ts";
import { start_test_stack, type TestStack } from "./stack.ts";

announce_missing_curl("tests/integration/readme.test.ts");

const LARGE_BYTES = 6_000_000;
const readme = readFileSync(join(import.meta.dirname, "..", "..", "README.md"), "utf8");
const script = /^ {4}post\(\) \{[\s\S]*?(?=\n\n\S)/m.exec(readme)?.[0] ?? "";

describe.runIf(curl_is_here)("the README's script", () => {
  let stack: TestStack;
  let demo: Session;
  const folder = mkdtempSync(join(tmpdir(), "photo-uploader-readme-"));

  beforeAll(async () => {
    stack = await start_test_stack();
    demo = await sign_in(stack);
  });
  afterAll(async () => {
    await stack.close();
    rmSync(folder, { recursive: true });
  });

  it("sends a photo by a form and an archive in two parts, and both become photos", async () => {
    const photo = enlarged(sample("jpeg_60k_baseline.jpg", "large.jpg"), LARGE_BYTES);
    const entries = whole_holiday_entries();
    writeFileSync(join(folder, "large.jpg"), photo.bytes);
    writeFileSync(join(folder, "holiday.zip"), zip_entries(entries, { deflate: false }));
    const setting = `api=${stack.url}; json='content-type: application/json'; jwt=${demo.token}\nset -e -o pipefail\n`;
    const { stdout } = await promisify(execFile)("bash", ["--norc", "-c", setting + script], { cwd: folder });

    expect(stdout).toMatch(
      /^\{"filename":"\w+_large\.jpg","size":6000000,"contentType":"image\/jpeg"\}\{"kind":"extraction","state":/,
    );
    const photos = entries.filter(({ expected }) => expected.outcome === "uploaded").length;
    await vi.waitFor(async () => expect(await demo.list_all()).toHaveLength(1 + photos), {
      timeout: 20_000,
      interval: 200,
    });
  });
});
