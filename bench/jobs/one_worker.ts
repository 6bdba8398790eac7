/** One worker in AWS's own runtime client that does all tasks of a job, one after the other. */
import { ListObjectsV2Command, type S3Client } from "@aws-sdk/client-s3";
import type { SQSEvent } from "aws-lambda";
import * as z from "zod";
import { BUCKET, CREDENTIALS, REGION } from "../../local/config.ts";
import type { FunctionDefinition } from "../../local/functions_table.ts";
import { lambda_environment } from "../../local/lambda/environment.ts";
import { notify } from "../../local/s3/notifications.ts";
import { deploy } from "../lambda/deployment.ts";
import { bootstrap_flags, type Sandbox, start_sandbox } from "../lambda/sandbox.ts";
import type { InvocationReport } from "./meter.ts";
import { s3_of } from "./stored_photos.ts";

export const WORKER = "extract";

/**
 * Does what is below `.tasks/`, until there is nothing more.
 *
 * @param client path of the runtime client's script
 * @param s3_url of a stack whose queues invoke no worker
 * @throws Error where a task would have to be tried again
 */
export async function work_through(
  client: string,
  definition: FunctionDefinition,
  s3_url: string,
): Promise<InvocationReport[]> {
  const deployment = await deploy([WORKER]);
  const s3 = s3_of(s3_url);
  try {
    return await tasks_done(s3, await start_worker(client, definition, s3_url, deployment));
  } finally {
    s3.destroy();
    await deployment.remove();
  }
}

async function tasks_done(s3: S3Client, sandbox: Sandbox): Promise<InvocationReport[]> {
  try {
    const reports: InvocationReport[] = [];
    const done = new Set<string>();
    for (let key = await next_task(s3, done); key !== undefined; key = await next_task(s3, done)) {
      done.add(key);
      reports.push(await invoked(sandbox, key, reports.length === 0));
    }
    return reports;
  } finally {
    await sandbox.stop();
  }
}

function start_worker(
  client: string,
  { memory_mb, timeout_s }: FunctionDefinition,
  s3_url: string,
  { task_root, layer_root }: Awaited<ReturnType<typeof deploy>>,
): Promise<Sandbox> {
  return start_sandbox({
    function_name: WORKER,
    client,
    node_flags: bootstrap_flags(memory_mb),
    task_root: task_root(WORKER),
    timeout_s,
    environment: lambda_environment({
      name: WORKER,
      region: REGION,
      credentials: CREDENTIALS,
      memory_mb,
      task_root: task_root(WORKER),
      layer_root,
      // Whatever is sent again is to be stored again.
      environment: { PHOTOS_BUCKET: BUCKET, DETECT_DUPLICATES: "false", AWS_ENDPOINT_URL_S3: s3_url },
    }),
  });
}

/** There are never many more than have been done: whoever does a task asks for the next ones. */
async function next_task(s3: S3Client, done: ReadonlySet<string>): Promise<string | undefined> {
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: BUCKET, Prefix: ".tasks/" }));
  const keys = Contents.map(({ Key = "" }) => Key).filter((key) => !done.has(key));
  return keys.find((key) => key.endsWith("/plan")) ?? keys[0];
}

const all_done = z.object({ batchItemFailures: z.array(z.unknown()).max(0) });

async function invoked(sandbox: Sandbox, key: string, first: boolean): Promise<InvocationReport> {
  const { answer, usage } = await sandbox.invoke(message_about(key));
  if (!all_done.safeParse(JSON.parse(answer)).success) throw new Error("a task has failed");
  return {
    pid: 1,
    init_seconds: first ? sandbox.start.seconds : 0,
    seconds: usage.seconds,
    cpu_seconds: usage.cpu_seconds + (first ? sandbox.start.cpu_seconds : 0),
    peak_rss: sandbox.peak_rss(),
  };
}

/** As the laptop's S3 tells of the task. */
function message_about(key: string): SQSEvent {
  let body = "";
  const send = (text: string) => {
    body = text;
  };
  const time = new Date();
  notify(
    [{ id: "extractions", bucket: BUCKET, prefix: "", send }],
    BUCKET,
    "Put",
    { key, size: 0, etag: "d41d8cd98f00b204e9800998ecf8427e" },
    { request_id: "1", host_id: "1", access_key_id: "local", source_ip: "127.0.0.1", region: REGION, time },
  );
  const sent = String(time.getTime());
  return {
    Records: [
      {
        messageId: key,
        receiptHandle: key,
        body,
        attributes: {
          ApproximateReceiveCount: "1",
          SentTimestamp: sent,
          SenderId: "LOCAL",
          ApproximateFirstReceiveTimestamp: sent,
        },
        messageAttributes: {},
        md5OfBody: "",
        eventSource: "aws:sqs",
        eventSourceARN: `arn:aws:sqs:${REGION}:000000000000:extractions`,
        awsRegion: REGION,
      },
    ],
  };
}
