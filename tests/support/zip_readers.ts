/** What Info-ZIP, libarchive, Python's zipfile and our own engine make of an archive that we have written. */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { bytes_source, large_limits, open_archive, open_entry } from "../../archive/index.ts";

/** A file of an archive, by its bytes. */
export interface UnpackedFile {
  readonly name: string;
  readonly size: number;
  readonly sha1: string;
  /** Milliseconds since the epoch; whole seconds. */
  readonly modified: number;
}

export const sha1 = (bytes: Uint8Array): string => createHash("sha1").update(bytes).digest("hex");

/** Reads every entry, each checked against its size and its CRC-32. */
export async function unpacked(archive: Uint8Array): Promise<UnpackedFile[]> {
  const source = bytes_source(archive);
  const opened = await open_archive(source, { limits: large_limits });
  const files: UnpackedFile[] = [];
  for (const entry of opened.entries) {
    expect([entry.fault, entry.kind], entry.path).toEqual([undefined, "file"]);
    const chunks: Uint8Array[] = [];
    for await (const chunk of open_entry(opened, entry)) chunks.push(Buffer.from(chunk));
    const bytes = Buffer.concat(chunks);
    files.push({
      name: entry.path,
      size: bytes.byteLength,
      sha1: sha1(bytes),
      modified: entry.modified?.getTime() ?? Number.NaN,
    });
  }
  return files;
}

const PYTHON = `
import hashlib, json, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as archive:
    assert archive.testzip() is None
    modes = {info.external_attr >> 16 for info in archive.infolist()}
    print(json.dumps([[i.filename, i.file_size, hashlib.sha1(archive.read(i)).hexdigest(), list(i.date_time)]
                      for i in archive.infolist()]))
    assert modes <= {0o100644}, modes
`;

/** Each says by its status whether it takes the archive. */
const readers = {
  unzip: { version: "-v", test: ["-tqq"] },
  bsdtar: { version: "--version", test: ["-xOf"] },
} as const;

const run = (command: string, ...args: readonly string[]) =>
  spawnSync(command, [...args], {
    maxBuffer: 1024 * 1024 * 1024,
    env: { ...process.env, TZ: "UTC", LC_ALL: "C.UTF-8" },
  });

const is_here = (command: string, version: string): boolean => {
  const here = run(command, version).status === 0;
  if (!here) process.stdout.write(`${command} is not installed: its opinion was not asked\n`);
  return here;
};

/** All readers that are here take the archive, and see these files. */
export async function expect_readable(archive: Buffer, files: readonly UnpackedFile[]): Promise<void> {
  expect(await unpacked(archive)).toEqual(files);
  const folder = mkdtempSync(join(tmpdir(), "written-"));
  const path = join(folder, "photos.zip");
  writeFileSync(path, archive);
  try {
    if (files.length > 0) {
      for (const [command, { version, test }] of Object.entries(readers)) {
        if (!is_here(command, version)) continue;
        const tested = run(command, ...test, path);
        expect([command, tested.status, tested.stderr.toString()]).toEqual([command, 0, ""]);
      }
    }
    if (is_here("python3", "--version")) {
      const { status, stdout, stderr } = run("python3", "-c", PYTHON, path);
      expect([status, stderr.toString()]).toEqual([0, ""]);
      expect(JSON.parse(stdout.toString())).toEqual(
        files.map(({ name, size, sha1: hash, modified }) => [name, size, hash, dos_date(modified)]),
      );
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Every second second, in UTC. */
function dos_date(modified: number): number[] {
  const at = new Date(modified);
  return [
    at.getUTCFullYear(),
    at.getUTCMonth() + 1,
    at.getUTCDate(),
    at.getUTCHours(),
    at.getUTCMinutes(),
    at.getUTCSeconds() & ~1,
  ];
}
