/** The laptop stack of the bench, as seen by who measures: started, asked what it has done, stopped. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import * as z from "zod";
import { type Tally, tally } from "./tally.ts";

const addresses = z.object({
  /** Of the gateway. */
  url: z.string(),
  s3_url: z.string(),
});

export interface BenchStack extends z.infer<typeof addresses> {
  /** What it has done since the last time it was asked. */
  readonly done_since: () => Promise<Tally>;
  readonly stop: () => Promise<void>;
}

export const bench_stack_settings = z.object({
  data_dir: z.string(),
  /** Of the bundles. */
  dist_dir: z.string(),
  /** Of another table of functions than the project's. */
  table_file: z.optional(z.string()),
  /** Added to each request, of the functions and of the client. */
  delay_ms: z.optional(z.number()),
});
export type BenchStackSettings = z.infer<typeof bench_stack_settings>;

export async function start_bench_stack(settings: BenchStackSettings): Promise<BenchStack> {
  const child = fork(join(import.meta.dirname, "stack_process.ts"), [JSON.stringify(settings)]);
  const ended = once(child, "exit").then(([code]) => {
    throw new Error(`the stack of the bench ended with ${code}`);
  });
  ended.catch(() => {}); // where nobody waits for it, it has been told to
  const message = async () => {
    const [value] = await Promise.race([once(child, "message"), ended]);
    return value;
  };
  return {
    ...addresses.parse(await message()),
    done_since: async () => {
      const answer = message();
      child.send("tally");
      return tally.parse(await answer);
    },
    stop: async () => {
      if (child.connected) child.disconnect();
      await ended.catch(() => {});
    },
  };
}
