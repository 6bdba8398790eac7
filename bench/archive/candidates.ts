/** Who is measured, and how each is started. */
import { spawn } from "node:child_process";
import { access } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import type { Contents } from "./archives.ts";
import { bundled } from "./bundle.ts";

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

/** Ours comes first. Native ones only where they are installed. */
export async function candidates(): Promise<readonly Candidate[]> {
  const native = await Promise.all([zipfile(), bsdtar()]);
  const script = await bundled(join(import.meta.dirname, "measured_run.ts"), "archive");
  const javascript = (
    name: string,
    reader: string,
    kind: "ours" | "javascript" = "javascript",
  ): Candidate => ({
    name,
    kind,
    measure: async (path, contents) =>
      reported(await run(process.execPath, [...script, reader, path]), contents),
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
  if (!(await starts("python3", ["--version"]))) return undefined;
  const script = join(import.meta.dirname, "readers", "zipfile_reader.py");
  return {
    name: "Python zipfile",
    kind: "native",
    measure: async (path, contents) => reported(await run("python3", [script, path]), contents),
  };
}

const gnu_time = "/usr/bin/time";

/** bsdtar cannot measure itself, so it is left out where GNU time is missing. Its bytes are not counted. */
async function bsdtar(): Promise<Candidate | undefined> {
  const time = await access(gnu_time).then(
    () => true,
    () => false,
  );
  if (!time || !(await starts("bsdtar", ["--version"]))) return undefined;
  return {
    name: "bsdtar",
    kind: "native",
    async measure(path) {
      const format = "%e %U %S %M";
      const { error_text } = await run(gnu_time, ["-f", format, "bsdtar", "-xOf", path], "ignore");
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
function reported({ text }: Finished, contents: Contents): Measurement {
  const { entries, bytes, ...measurement } = measured.parse(JSON.parse(text));
  if (entries !== contents.entries || bytes !== contents.bytes) {
    throw new Error(`read ${entries} entries and ${bytes} bytes`);
  }
  return measurement;
}

interface Finished {
  readonly text: string;
  readonly error_text: string;
}

const time_limit_ms = 180_000;

/** @throws Error with the last line of what the process had to say, where it failed. */
export async function run(
  command: string,
  args: readonly string[],
  output: "pipe" | "ignore" = "pipe",
): Promise<Finished> {
  const child = spawn(command, args, {
    stdio: ["ignore", output, "pipe"],
    timeout: time_limit_ms,
    killSignal: "SIGKILL",
  });
  let text = "";
  let error_text = "";
  child.stdout?.on("data", (chunk) => {
    text += chunk;
  });
  child.stderr?.on("data", (chunk) => {
    error_text += chunk;
  });
  const ended = await new Promise<string | number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve(signal ?? code));
  });
  if (ended !== 0) throw new Error(failure_line(error_text) ?? `ended with ${ended}`);
  return { text, error_text };
}

function failure_line(error_text: string): string | undefined {
  return /^\w*(?:Error|Exception)\b.*$/m.exec(error_text)?.[0];
}

async function starts(command: string, args: readonly string[]): Promise<boolean> {
  return run(command, args).then(
    () => true,
    () => false,
  );
}
