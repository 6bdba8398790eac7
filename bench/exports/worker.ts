/**
 * One worker that makes an export, in a process of its own: `worker.ts <url of S3> <user> <id>`. It goes on with each
 * task that it leaves behind, as a queue would have it. Writes its figures as JSON.
 */
import { S3Client } from "@aws-sdk/client-s3";
import { count_segments } from "../../jobs/export_segments.ts";
import { run_export } from "../../jobs/export_task.ts";
import type { ExportTask } from "../../layer/export_keys.ts";
import { read_functions_table } from "../../local/functions_table.ts";
import { patient_s3_client } from "../../storage/s3.ts";
import { BUCKET, CREDENTIALS, REGION } from "../end_to_end/account.ts";
import { peak_rss } from "../peak_rss.ts";
import { next_task } from "./tasks.ts";

const [endpoint = "", user = "", id = ""] = process.argv.slice(2);
const account = { endpoint, region: REGION, credentials: CREDENTIALS };
const store = { s3: patient_s3_client(account), bucket: BUCKET };
const job = { user, id };
const { timeout_s = 300 } = read_functions_table().export ?? {};

const started = performance.now();
const s3 = new S3Client(account);
const done = new Set<string>();
let invocations = 0;
for (let task: ExportTask | undefined = { job, part: "plan" }; task !== undefined; ) {
  const deadline = Date.now() + timeout_s * 1_000;
  await run_export(store, task, { receives: 1, deadline, signal: AbortSignal.timeout(timeout_s * 1_000) });
  invocations += 1;
  task = await next_task(s3, BUCKET, job, done);
}
const { user: user_us, system } = process.cpuUsage();
process.stdout.write(
  JSON.stringify({
    seconds: (performance.now() - started) / 1_000,
    cpu_seconds: (user_us + system) / 1e6,
    peak_rss: peak_rss(),
    invocations,
    segments: await count_segments(store, job, AbortSignal.timeout(60_000)),
  }),
);
process.exit();
