import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { open_data_dir } from "../../local/data_dir.ts";

const root = mkdtempSync(path.join(tmpdir(), "photo-uploader-data-"));
afterAll(() => rmSync(root, { recursive: true }));

let made = 0;
const new_path = () => path.join(root, String(++made));

describe("the data folder", () => {
  it("is made, and found again", () => {
    const dir = new_path();
    open_data_dir(dir).close();
    writeFileSync(path.join(dir, "photo"), "kept");
    open_data_dir(dir).close();
    expect(readFileSync(path.join(dir, "photo"), "utf8")).toBe("kept");
  });

  it("may be there already when it is empty", () => {
    const dir = new_path();
    mkdirSync(dir);
    open_data_dir(dir).close();
  });

  it.each([true, false])("of somebody else is refused and left as it is (reset: %s)", (reset) => {
    const dir = new_path();
    mkdirSync(dir);
    writeFileSync(path.join(dir, "thesis.txt"), "years of work");
    expect(() => open_data_dir(dir, { reset })).toThrow(
      /holds something that photo-uploader did not put there/,
    );
    expect(readFileSync(path.join(dir, "thesis.txt"), "utf8")).toBe("years of work");
  });
});

describe("a reset", () => {
  it("empties the folder, follows no link out of it, and leaves it ours", () => {
    const [dir, outside] = [new_path(), new_path()];
    mkdirSync(outside);
    writeFileSync(path.join(outside, "kept"), "");
    const before = open_data_dir(dir);
    writeFileSync(path.join(before.folder("s3"), "photo"), "");
    symlinkSync(outside, path.join(dir, "link"));
    before.close();

    open_data_dir(dir, { reset: true }).close();
    expect(existsSync(path.join(dir, "s3"))).toBe(false);
    expect(existsSync(path.join(dir, "link"))).toBe(false);
    expect(existsSync(path.join(outside, "kept"))).toBe(true);
    open_data_dir(dir).close();
  });

  it("is refused while a stack uses the folder", () => {
    const dir = new_path();
    const used = open_data_dir(dir);
    writeFileSync(path.join(dir, "photo"), "");
    expect(() => open_data_dir(dir, { reset: true })).toThrow("in use by another stack");
    expect(existsSync(path.join(dir, "photo"))).toBe(true);
    used.close();
  });
});

describe("the lock", () => {
  it("is of one at a time, in the same process", () => {
    const dir = new_path();
    const first = open_data_dir(dir);
    expect(() => open_data_dir(dir)).toThrow(`${dir} is in use by another stack`);
    first.close();
    open_data_dir(dir).close();
  });

  it("is of one process at a time, and gone when that is killed", async () => {
    const dir = new_path();
    const module = path.join(import.meta.dirname, "..", "..", "local", "data_dir.ts");
    const script = `const { open_data_dir } = await import(${JSON.stringify(module)});
      globalThis.held = open_data_dir(${JSON.stringify(dir)}); console.log("held"); setInterval(() => held.path, 1000);`;
    const other = spawn(process.execPath, ["--input-type=module", "-e", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(other.stdout, "data");
    expect(() => open_data_dir(dir)).toThrow("in use by another stack");
    other.kill("SIGKILL");
    await once(other, "exit");
    open_data_dir(dir).close();
  });
});

describe("a secret", () => {
  it("is 32 random bytes, the same at the next start, and readable by its owner alone", () => {
    const [dir, other] = [new_path(), new_path()];
    const first = open_data_dir(dir);
    const secret = first.secret("cursor_key");
    expect(Buffer.from(secret, "base64url")).toHaveLength(32);
    expect(statSync(path.join(dir, "cursor_key")).mode & 0o777).toBe(0o600);
    first.close();

    const again = open_data_dir(dir);
    expect(again.secret("cursor_key")).toBe(secret);
    again.close();
    const elsewhere = open_data_dir(other);
    expect(elsewhere.secret("cursor_key")).not.toBe(secret);
    elsewhere.close();
  });

  it("that is damaged is not used", () => {
    const data_dir = open_data_dir(new_path());
    writeFileSync(path.join(data_dir.path, "cursor_key"), "");
    expect(() => data_dir.secret("cursor_key")).toThrow("is damaged");
    data_dir.close();
  });
});
