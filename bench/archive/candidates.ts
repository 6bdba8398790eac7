/** Who is measured, and how each is started. */
import { access } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { bundled, heap_of_the_function } from "../bundle.ts";
import type { FinishedProcess } from "../finished_process.ts";
import { finished_process, is_installed } from "../finished_process.ts";
import type { Contents } from "./archives.ts";

export interface Measurement {
  readonly seconds: number;
  /** User and system, all threads. */
  readonly cpu_seconds: number;
  /** In bytes. */
  readonly peak_rss: number;
  /** Of the file, where they are counted. */
  readonly reads?: number | undefined;
}

export interface Candidate {
  readonly name: string;
  readonly kind: "ours" | "javascript" | "native";
  readonly measure: (path: string, contents: Contents) => Promise<Measurement>;
}

const measured = z.object({
  entries: z.number(),
  bytes: z.number(),
  seconds: z.number(),
  cpu_seconds: z.number(),
  peak_rss: z.number(),
  reads: z.optional(z.number()),
});

/**
 * Ours comes first. Native ones only where they are installed.
 *
 * @param folder takes the bundle of the JavaScript ones
 */
export async function candidates(folder: string): Promise<readonly Candidate[]> {
  const [script = ""] = await bundled([join(import.meta.dirname, "measured_run.ts")], folder);
  const native = await Promise.all([zipfile(), bsdtar()]);
  const javascript = (name: string, reader: string, kind: Candidate["kind"] = "javascript"): Candidate => ({
    name,
    kind,
    measure: async (path, contents) =>
      reported(
        await finished_process(process.execPath, [...heap_of_the_function, script, reader, path]),
        contents,
      ),
  });
  return [
    javascript("archive/", "engine", "ours"),
    javascript("yauzl", "yauzl"),
    javascript("unzipper", "unzipper"),
    javascript("zip.js", "zip_js"),
    javascript("fflate unzipSync", "fflate"),
    ...native.filter((candidate) => candidate !== undefined),
  ];
}

async function zipfile(): Promise<Candidate | undefined> {
  if (!(await is_installed("python3", ["--version"]))) return undefined;
  const script = join(import.meta.dirname, "readers", "zipfile_reader.py");
  return {
    name: "Python zipfile",
    kind: "native",
    measure: async (path, contents) => reported(await finished_process("python3", [script, path]), contents),
  };
}

const gnu_time = "/usr/bin/time";

/** bsdtar cannot measure itself, so it is left out where GNU time is missing. Its bytes are not counted. */
async function bsdtar(): Promise<Candidate | undefined> {
  const time = await access(gnu_time).then(
    () => true,
    () => false,
  );
  if (!time || !(await is_installed("bsdtar", ["--version"]))) return undefined;
  return {
    name: "bsdtar",
    kind: "native",
    async measure(path) {
      const format = "%e %U %S %M";
      const { error_text } = await finished_process(gnu_time, ["-f", format, "bsdtar", "-xOf", path], {
        output: "ignore",
      });
      const figures = error_text.trim().split(/\s+/).map(Number);
      const [seconds, user, system, kilobytes] = z
        .tuple([z.number(), z.number(), z.number(), z.number()])
        .parse(figures);
      // Hundredths of a second is what GNU time gives.
      return { seconds: Math.max(seconds, 0.01), cpu_seconds: user + system, peak_rss: kilobytes * 1024 };
    },
  };
}

/** @throws Error where the reader found other contents than are in the archive. */
function reported({ text }: FinishedProcess, contents: Contents): Measurement {
  const { entries, bytes, ...measurement } = measured.parse(JSON.parse(text));
  if (entries !== contents.entries || bytes !== contents.bytes) {
    throw new Error(`read ${entries} entries and ${bytes} bytes`);
  }
  return measurement;
}
