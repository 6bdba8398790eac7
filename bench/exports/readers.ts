/** Whether an archive that was exported is taken by every reader, and has the photos' very bytes. */
import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { large_limits, open_archive, open_entry, windowed_source } from "../../archive/index.ts";
import { file_source } from "../archive/file_source.ts";
import { finished_process, is_installed } from "../finished_process.ts";
import { photo_bytes } from "./exports.ts";

const LIMIT_MS = 600_000;

const PYTHON = "import sys, zipfile; assert zipfile.ZipFile(sys.argv[1]).testzip() is None";

const READERS = [
  { command: "unzip", version: ["-v"], test: ["-tqq"], takes_none: false },
  { command: "bsdtar", version: ["--version"], test: ["-xOf"], takes_none: true },
  { command: "python3", version: ["--version"], test: ["-c", PYTHON], takes_none: true },
] as const;

/**
 * @param sizes of the photos, in the order of the archive
 * @returns what each reader says of it
 * @throws Error where our own engine finds anything else than the photos
 */
export async function opinions_on(file: string, sizes: readonly number[]): Promise<Record<string, string>> {
  const opinions: Record<string, string> = { engine: await engine_takes(file, sizes) };
  for (const { command, version, test, takes_none } of READERS) {
    if (!(await is_installed(command, version))) opinions[command] = "not installed";
    else if (sizes.length === 0 && !takes_none) opinions[command] = "warns: no entries";
    else {
      await finished_process(command, [...test, file], { output: "ignore", limit_ms: LIMIT_MS });
      opinions[command] = "takes it";
    }
  }
  return opinions;
}

async function engine_takes(file: string, sizes: readonly number[]): Promise<string> {
  await using handle = await open(file);
  const source = windowed_source(await file_source(handle, () => {}));
  const archive = await open_archive(source, { limits: large_limits });
  if (archive.entries.length !== sizes.length) {
    throw new Error(`the archive has ${archive.entries.length} entries of ${sizes.length}`);
  }
  for (const [place, entry] of archive.entries.entries()) {
    const hash = createHash("sha1");
    for await (const chunk of open_entry(archive, entry)) hash.update(chunk);
    const wanted = createHash("sha1").update(photo_bytes(place, sizes[place] ?? 0));
    if (hash.digest("hex") !== wanted.digest("hex")) throw new Error(`${entry.path} has other bytes`);
  }
  return "takes it";
}
