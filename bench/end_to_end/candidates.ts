/** Who is measured end to end, and how each is started. */
import { join } from "node:path";
import * as z from "zod";
import { bundled, heap_of_the_function } from "../bundle.ts";
import { finished_process, is_installed } from "../finished_process.ts";
import { BUCKET, python_environment } from "./account.ts";

export interface OwnFigures {
  readonly seconds: number;
  /** User and system, all threads. */
  readonly cpu_seconds: number;
  /** In bytes. */
  readonly peak_rss: number;
}

export interface Candidate {
  readonly name: string;
  /** By how many times as fast ours is to be; absent for ours. */
  readonly bar?: number;
  /** Makes objects of the entries of the archive. */
  readonly upload: (url: string, key: string, prefix: string) => Promise<OwnFigures>;
}

const own_figures = z.object({ seconds: z.number(), cpu_seconds: z.number(), peak_rss: z.number() });

/** The slowest takes minutes where every entry is a request of its own, one after the other. */
const limit_ms = 900_000;

/**
 * Ours comes first. Each of the others one entry at a time, as their documentation has it, and as many at a time as ours.
 *
 * @param folder takes the bundles
 */
export async function candidates(concurrency: number, folder: string): Promise<readonly Candidate[]> {
  const uploaders = join(import.meta.dirname, "uploaders");
  const [ours, unzipper] = await bundled(
    ["ours.ts", "unzipper.ts"].map((script) => join(uploaders, script)),
    folder,
  );
  const zipfile = join(uploaders, "zipfile_boto3.py");
  const has_boto3 = await is_installed("python3", ["-c", "import boto3"]);
  const candidate = (
    name: string,
    command: readonly string[],
    at_a_time: number,
    bar?: number,
  ): Candidate => ({
    name: `${name}, ${at_a_time} at a time`,
    ...(bar !== undefined && { bar }),
    upload: async (url, key, prefix) => {
      const [program = "", ...args] = [...command, url, BUCKET, key, prefix, String(at_a_time)];
      const { text } = await finished_process(program, args, { limit_ms, env: python_environment });
      return own_figures.parse(JSON.parse(text));
    },
  });
  const node = (script = "") => [process.execPath, ...heap_of_the_function, script];
  const ways = [...new Set([1, concurrency])];
  return [
    candidate("ours", node(ours), concurrency),
    ...ways.map((k) => candidate("unzipper + lib-storage", node(unzipper), k, 3)),
    ...(has_boto3 ? ways : []).map((k) => candidate("zipfile + boto3", ["python3", zipfile], k, 2)),
  ];
}
