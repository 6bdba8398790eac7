/** The S3 of the bench, as seen by who measures: started, asked for its figures, stopped. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import * as z from "zod";
import { type RequestCounts, request_kinds } from "./request_kind.ts";

const started = z.object({ url: z.string() });
const figures = z.object({
  requests: z.record(z.enum(request_kinds), z.number()),
  cpu_seconds: z.number(),
});

export interface S3Figures {
  readonly requests: RequestCounts;
  /** User and system, all threads. */
  readonly cpu_seconds: number;
}

export interface BenchS3 {
  readonly url: string;
  /** What it has done since the last time it was asked. */
  figures(): Promise<S3Figures>;
  stop(): Promise<void>;
}

/**
 * V8 lets the heap grow to four times of what is in use before it collects: else a third of what S3 costs, on the processors
 * that are measured, would be the garbage of buffers that pass through it.
 */
const less_garbage_collection = ["--heap-growing-percent=300"];

/** @param delay_ms added to each request */
export async function start_bench_s3(data_dir: string, delay_ms: number): Promise<BenchS3> {
  const script = join(import.meta.dirname, "s3_process.ts");
  const child = fork(script, [data_dir, String(delay_ms)], {
    execArgv: [...process.execArgv, ...less_garbage_collection],
  });
  const ended = once(child, "exit").then(([code]) => {
    throw new Error(`the S3 of the bench ended with ${code}`);
  });
  ended.catch(() => {}); // where nobody waits for it, it has been told to
  const message = async () => {
    const [value] = await Promise.race([once(child, "message"), ended]);
    return value;
  };
  const { url } = started.parse(await message());
  const total = async () => {
    child.send("figures");
    return figures.parse(await message());
  };
  let before = await total();
  return {
    url,
    figures: async () => {
      const now = await total();
      const since = difference(now, before);
      before = now;
      return since;
    },
    stop: async () => {
      if (child.connected) child.disconnect();
      await ended.catch(() => {});
    },
  };
}

function difference(now: S3Figures, before: S3Figures): S3Figures {
  const requests = { ...now.requests };
  for (const kind of request_kinds) requests[kind] -= before.requests[kind];
  return { requests, cpu_seconds: now.cpu_seconds - before.cpu_seconds };
}
