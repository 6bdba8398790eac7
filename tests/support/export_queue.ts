/** Plays the queue of the exports in this process: some messages at a time, each with a worker; what fails comes again. */
import { GetObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import type { SQSEvent } from "aws-lambda";
import type { ExportRequest } from "../../jobs/export_choice.ts";
import { type ExportProgress, export_progress } from "../../jobs/export_progress.ts";
import { run_export } from "../../jobs/export_task.ts";
import {
  type ExportKey,
  type ExportTask,
  export_archive_key,
  export_task_key,
  parse_export_task_key,
} from "../../layer/export_keys.ts";
import { new_upload_id } from "../../layer/upload_keys.ts";
import { type NewObject, new_objects } from "../../middleware/new_objects.ts";
import { write_once } from "../../storage/write_once.ts";
import { lambda_context } from "./http_event.ts";
import { Ended, watched } from "./interrupted.ts";
import { BUCKET, type PhotoStorage, start_photo_storage } from "./photo_storage.ts";

interface Message {
  readonly id: string;
  readonly body: string;
  receives: number;
}

export interface ExportTurns {
  /** Messages at the same time; 1 unless told. */
  readonly workers?: number;
  /** The client of one worker; the storage's own unless told. */
  readonly client?: (s3: S3Client) => S3Client;
  /** What is left of a worker's time, in milliseconds. */
  readonly remaining_ms?: number;
}

export interface ExportQueue {
  readonly storage: PhotoStorage;
  ask_for(user: string, request: ExportRequest): Promise<ExportKey>;
  /** Until the queue is empty; returns how many messages became dead letters. */
  run(turns?: ExportTurns): Promise<number>;
  /** Asks for it a second time, as a queue may. */
  repeat(task: ExportTask): void;
  readonly begun: ExportTask[];
  progress(job: ExportKey, cursor?: string): Promise<ExportProgress | undefined>;
  archive(job: ExportKey): Promise<Buffer>;
}

const MAX_RECEIVES = 5;
const MOST_TURNS = 500;

/** @param copies of each message that are delivered */
export async function start_export_queue({ copies = 1 } = {}): Promise<ExportQueue> {
  let messages: Message[] = [];
  let sent = 0;
  const begun: ExportTask[] = [];
  const { signal } = new AbortController();
  const send = (body: string): void => {
    for (let copy = 0; copy < copies; copy += 1) {
      sent += 1;
      messages.push({ id: `message-${sent}`, body, receives: 0 });
    }
  };
  const storage = await start_photo_storage({
    notifications: [{ id: "exports", bucket: BUCKET, prefix: ".export_tasks/", send }],
  });
  // The test event, that S3 sends once.
  messages = [];

  const deliver = async (message: Message, s3: S3Client, remaining_ms: number): Promise<boolean> => {
    message.receives += 1;
    const end = new AbortController();
    const mortal = watched(s3, (_, send) =>
      send().catch((error) => {
        // There is no time in which a process that has ended could try again.
        if (error instanceof Ended) end.abort(error);
        throw error;
      }),
    );
    const worker = new_objects(async ({ key, ...attempt }: NewObject) => {
      const task = parse_export_task_key(key);
      if (task === undefined) throw new Error(`This is no task: ${key}`);
      begun.push(task);
      await run_export({ s3: mortal, bucket: BUCKET }, task, {
        ...attempt,
        signal: AbortSignal.any([attempt.signal, end.signal]),
      });
    });
    const { batchItemFailures } = await worker(sqs_event(message), lambda_context(remaining_ms));
    return batchItemFailures.length > 0;
  };

  return {
    storage,
    begun,
    repeat: (task) => {
      const s3 = { object: { key: export_task_key(task) } };
      send(JSON.stringify({ Records: [{ eventName: "ObjectCreated:Put", s3 }] }));
    },
    ask_for: async (user, request) => {
      const job = { user, id: new_upload_id() };
      const key = export_task_key({ job, part: "plan" });
      await write_once(storage.store, key, JSON.stringify(request), signal);
      return job;
    },
    run: async ({ workers = 1, client = (s3: S3Client) => s3, remaining_ms = 120_000 } = {}) => {
      let dead = 0;
      for (let turn = 0; messages.length > 0; turn += 1) {
        if (turn === MOST_TURNS) throw new Error("The queue is never empty.");
        const taken = messages.splice(0, workers);
        const failed = await Promise.all(
          taken.map(async (message) =>
            (await deliver(message, client(storage.store.s3), remaining_ms)) ? [message] : [],
          ),
        );
        const again = failed.flat().filter(({ receives }) => receives < MAX_RECEIVES);
        dead += failed.flat().length - again.length;
        messages.push(...again);
      }
      return dead;
    },
    progress: (job, cursor) => export_progress(storage.store, job, cursor, signal),
    archive: async (job) => {
      const get = new GetObjectCommand({ Bucket: BUCKET, Key: export_archive_key(job) });
      const { Body } = await storage.store.s3.send(get);
      return Buffer.from((await Body?.transformToByteArray()) ?? []);
    },
  };
}

const sqs_event = ({ id, body, receives }: Message): SQSEvent => ({
  Records: [
    {
      messageId: id,
      receiptHandle: `${id}-${receives}`,
      body,
      attributes: {
        ApproximateReceiveCount: String(receives),
        SentTimestamp: "0",
        SenderId: "test",
        ApproximateFirstReceiveTimestamp: "0",
      },
      messageAttributes: {},
      md5OfBody: "",
      eventSource: "aws:sqs",
      eventSourceARN: "arn:aws:sqs:eu-central-1:000000000000:exports",
      awsRegion: "eu-central-1",
    },
  ],
});
