/**
 * The laptop stack in a process of its own, so that the client of the bench does not hold it up. Its settings are the
 * one argument, as JSON. Sends its addresses when it is there, and its tally whenever it is sent anything and the queues
 * are empty.
 */
import { Server } from "node:http";
import { setTimeout } from "node:timers/promises";
import type { AwsCall } from "../../local/aws/call.ts";
import { read_config } from "../../local/config.ts";
import { read_functions_table } from "../../local/functions_table.ts";
import { EVENT_SOURCES } from "../../local/queues.ts";
import { caller_of, start_stack } from "../../local/stack.ts";
import { hold_requests } from "../end_to_end/held_requests.ts";
import { bench_stack_settings } from "./bench_stack.ts";
import { add_call, add_line, no_tally } from "./tally.ts";

const { data_dir, dist_dir, table_file, delay_ms } = bench_stack_settings.parse(
  JSON.parse(process.argv[2] ?? ""),
);
if (delay_ms !== undefined) hold_requests(Server.prototype, delay_ms, () => {});
const table = read_functions_table(table_file);
const functions = Object.keys(table);

let tally = no_tally();
let cpu_before = 0;

const prefixes = Object.values(table).flatMap(({ queue }) => (queue ? [EVENT_SOURCES[queue].prefix] : []));
const CREATES: readonly string[] = ["PutObject", "PostObject", "CopyObject", "CompleteMultipartUpload"];

function on_call(call: AwsCall): void {
  if (call.service !== "s3") return;
  const { operation, key, presigned, status } = call;
  // Whoever signed it, the client has sent it.
  const by_client = presigned || operation === "PostObject";
  add_call(tally, by_client ? "client" : (caller_of(call, functions) ?? "bench"), operation);
  const is_new = CREATES.includes(operation) && status < 300;
  if (is_new && prefixes.some((prefix) => key.startsWith(prefix))) tally.messages += 1;
}

const stack = await start_stack({
  // Whatever is sent again is to be stored again.
  config: { ...read_config({}), port: 0, s3_port: 0, cognito_port: 0, data_dir, detect_duplicates: false },
  dist_dir,
  skip_build: true,
  ...(table_file !== undefined && { table_file }),
  on_log: (line, source) => add_line(tally, line, source),
  on_call,
});

const waiting = (): number =>
  Object.values(stack.queues).reduce((sum, queue) => {
    const { visible, not_visible } = queue.counts();
    return sum + visible + not_visible;
  }, 0);

/** The last workers of a job may not have ended when its client is told that it is done. */
async function answer(): Promise<void> {
  while (waiting() > 0) await setTimeout(50);
  const { user, system } = process.cpuUsage();
  const cpu_seconds = (user + system) / 1e6;
  process.send?.({ ...tally, stack_cpu_seconds: cpu_seconds - cpu_before });
  tally = no_tally();
  cpu_before = cpu_seconds;
}

process.on("message", () => void answer());
process.on("disconnect", () => {
  void stack.close().finally(() => process.exit());
});
process.send?.({ url: stack.url, s3_url: stack.s3.url });
