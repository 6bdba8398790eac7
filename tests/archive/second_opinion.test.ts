/** What other readers, Info-ZIP, libarchive and Python's, make of the archives from which the engine extracts. */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import type { EntryOutcome } from "../../archive/index.ts";
import { bytes_source, extract, open_archive } from "../../archive/index.ts";
import { collecting_sink, sha1 } from "./sinks.ts";

const corpus = new URL("../fixtures/archives/", import.meta.url);
const archives = (folder: string) => readdirSync(new URL(folder, corpus)).map((file) => `${folder}/${file}`);
const path_of = (file: string) => fileURLToPath(new URL(file, corpus));

interface Reader {
  readonly command: string;
  readonly arguments: readonly string[];
  /** Its bytes come in the order of the archive, not of the directory. */
  readonly by_offset: boolean;
  /** Where it is of another opinion, and why. */
  readonly differs: Readonly<Record<string, Difference>>;
}

/** `warns`: the same bytes, but an exit status other than 0. */
type Difference = "warns" | "sees_nothing" | "refuses";

const readers: readonly Reader[] = [
  {
    command: "unzip",
    arguments: ["-p"],
    by_offset: false,
    differs: {
      "extract/comment-fake-eocd.zip": "sees_nothing", // It takes the last end record, that of the comment.
      "extract/empty.zip": "warns", // Of an archive without entries.
      "extract/mismatch-crc-local.zip": "warns", // Local header and directory have different CRC-32.
      "extract/prefix-unadjusted.zip": "warns", // Of the bytes before the archive.
    },
  },
  {
    command: "bsdtar",
    arguments: ["-xOf"],
    by_offset: true,
    differs: {
      "extract/comment-fake-eocd.zip": "sees_nothing",
      "extract/mismatch-crc-local.zip": "refuses", // It takes the CRC-32 of the local header.
    },
  },
];

function run(
  command: string,
  ...args: string[]
): { readonly status: number | null; readonly stdout: Buffer } {
  return spawnSync(command, args, { maxBuffer: 64 * 1024 * 1024 });
}

/** A program that is not there has no opinion, and the name of its tests says so. */
function asked(command: string, version: string): { readonly missing: boolean; readonly name: string } {
  const missing = run(command, version).status !== 0;
  const name = missing ? `${command} is not installed: its opinion was not asked` : command;
  if (missing) process.stdout.write(`${name}\n`);
  return { missing, name };
}

async function extracted(file: string): Promise<EntryOutcome<Buffer>[]> {
  const archive = await open_archive(bytes_source(readFileSync(path_of(file))));
  return extract(archive, collecting_sink, { skip_platform_files: false });
}

for (const { command, arguments: args, by_offset, differs } of readers) {
  const { missing, name } = asked(command, command === "unzip" ? "-v" : "--version");
  describe.skipIf(missing)(name, () => {
    it.each(archives("extract"))("%s", async (file) => {
      const outcomes = await extracted(file);
      if (by_offset) outcomes.sort((a, b) => a.entry.header_offset - b.entry.header_offset);
      const bytes = outcomes.map((one) => (one.outcome === "stored" ? one.value : Buffer.alloc(0)));
      const { status, stdout } = run(command, ...args, path_of(file));
      const difference = differs[file];
      expect(status === 0 || difference !== undefined).toBe(true);
      if (difference === "sees_nothing") expect(stdout).toHaveLength(0);
      else if (difference === "refuses") expect(status).not.toBe(0);
      else expect(sha1(stdout)).toBe(sha1(Buffer.concat(bytes)));
    });
  });
}

/** Of every archive the SHA-1 of every entry in the order of the directory, or what Python says against it. */
const python_program = `
import hashlib, json, sys, zipfile

def read(archive, info):
    try:
        return hashlib.sha1(archive.read(info)).hexdigest()
    except Exception as error:
        return str(error)

def read_all(path):
    try:
        with zipfile.ZipFile(path) as archive:
            return [read(archive, info) for info in archive.infolist()]
    except Exception as error:
        return str(error)

json.dump([read_all(path) for path in sys.argv[1:]], sys.stdout)
`;

const opinions = z.array(z.union([z.string(), z.array(z.string())]));
const python = asked("python3", "--version");

describe.skipIf(python.missing)(`${python.name}, zipfile`, () => {
  const files = [...archives("extract"), ...archives("refuse_entry")];
  const differs = [
    "extract/comment-fake-eocd.zip", // As unzip.
    "refuse_entry/name-utf8-invalid.zip", // It refuses the whole archive for one name.
  ];

  it("gives the same bytes of every entry that is extracted", async () => {
    const { status, stdout } = run("python3", "-c", python_program, ...files.map(path_of));
    expect(status).toBe(0);
    const said = opinions.parse(JSON.parse(stdout.toString()));
    let compared = 0;
    for (const [index, file] of files.entries()) {
      if (differs.includes(file)) continue;
      for (const one of await extracted(file)) {
        if (one.outcome !== "stored") continue;
        expect(said[index]?.[one.entry.index], `${file}: ${one.entry.path}`).toBe(sha1(one.value));
        compared += 1;
      }
    }
    expect(compared).toBeGreaterThan(300);
  });
});
