/**
 * Plays the queue of the extractions in this process, turn by turn, so that a test decides what comes when: in each turn
 * some messages are taken, and as many workers are at them at the same time. What fails comes again. A strict S3 sends
 * the messages, by its own events.
 */
import type { S3Client } from "@aws-sdk/client-s3";
import type { SQSEvent } from "aws-lambda";
import { expect } from "vitest";
import { run_task } from "../../jobs/task.ts";
import { parse_task_key, type Task, task_key } from "../../layer/job_keys.ts";
import { plan_task_key, type UploadKey } from "../../layer/upload_keys.ts";
import type { Notification } from "../../local/s3/notifications.ts";
import { type NewObject, new_objects } from "../../middleware/new_objects.ts";
import type { PhotoStore } from "../../storage/photo_store.ts";
import { write_once } from "../../storage/write_once.ts";
import { lambda_context } from "./http_event.ts";
import { Ended, watched } from "./interrupted.ts";
import { BUCKET, type PhotoStorage, start_photo_storage } from "./photo_storage.ts";

interface Message {
  readonly id: string;
  readonly body: string;
  /** The key of the task, without the number of its renewal. */
  readonly task: string;
  /** Whether it is not the first try of the task. */
  is_retry: boolean;
  receives: number;
  /** In which turn it was sent, or came back. */
  turn: number;
}

export interface Turns {
  /** Workers at the same time; 4 unless told. */
  readonly workers?: number;
  /** After so many the rest waits; none may unless told. */
  readonly turns?: number;
  /** From 0 to less than 1; which message comes next. First come, first served unless told. */
  readonly random?: () => number;
  /** The client of one worker, whose message has been received so often; the storage's own unless told. */
  readonly client?: (s3: S3Client, receives: number) => S3Client;
  /** What is left of a worker's time, in milliseconds. */
  readonly remaining_ms?: number;
  /** Whether the workers look for duplicates; they do unless told. */
  readonly finds_duplicates?: boolean;
  /** Called between two turns. */
  readonly between?: () => void;
}

export interface JobQueue {
  readonly storage: PhotoStorage;
  /** As the admission of an archive does. */
  ask_for(job: UploadKey): Promise<void>;
  /** Asks for it a second time, as a queue may. */
  repeat(task: Task): void;
  /** Turn after turn until the queue is empty; returns how many messages became dead letters. */
  run(turns?: Turns): Promise<number>;
  /** How many messages wait. */
  waiting(): number;
  /** The tasks that workers have begun, in their order; the same as often as it was. */
  readonly begun: Task[];
  /** The most workers that were at one job's shards in one turn. */
  most_at_once(): number;
}

/** More than any test needs: what goes on for longer never ends. */
const MOST_TURNS = 300;

/** A message that has been received so often and fails becomes a dead letter. */
export const MAX_RECEIVES = 5;

/** @param copies of each message that are delivered, each with a receive count of its own */
export async function start_job_queue({ copies = 1 }: { readonly copies?: number } = {}): Promise<JobQueue> {
  let messages: Message[] = [];
  let sent = 0;
  const begun: Task[] = [];
  let most_at_once = 0;
  let turn = 0;
  const notification: Notification = {
    id: "extractions",
    bucket: BUCKET,
    prefix: ".tasks/",
    send: (body) => {
      sent += 1;
      const [, task = "", renewal] = /"key":"([^"]+?)(_\d+)?"/.exec(body) ?? [];
      for (let copy = 0; copy < copies; copy += 1)
        messages.push({
          id: `message-${sent}`,
          body,
          task,
          is_retry: renewal !== undefined,
          receives: 0,
          turn,
        });
    },
  };
  const storage = await start_photo_storage({
    may_list: () => false,
    notifications: [notification],
    // A test may set the clock of the workers, and the SDK corrects its own by the header of Node's server.
    clock: () => new Date(performance.timeOrigin + performance.now()),
  });
  // The test event, that S3 sends once.
  messages = [];

  /** Not two that try a task again: the one would wait until the other is done, or must be dead. */
  const take = (most: number, random: () => number): Message[] => {
    const taken: Message[] = [];
    // What is sent at the same time arrives in any order: here in that of the shards.
    messages.sort((a, b) => a.turn - b.turn || a.task.localeCompare(b.task));
    let free = messages;
    while (taken.length < most && free.length > 0) {
      const next = free[Math.floor(random() * free.length)];
      if (next === undefined) break;
      taken.push(next);
      messages = messages.filter((message) => message !== next);
      free = messages.filter(
        ({ task, is_retry }) => !is_retry || taken.every((other) => !other.is_retry || other.task !== task),
      );
    }
    return taken;
  };

  const deliver = async (message: Message, store: PhotoStore, remaining_ms: number): Promise<boolean> => {
    message.receives += 1;
    const end = new AbortController();
    const s3 = watched(store.s3, (_, send) =>
      send().catch((error) => {
        // There is no time in which a process that has ended could try again.
        if (error instanceof Ended) end.abort(error);
        throw error;
      }),
    );
    const worker = new_objects(async ({ key, ...attempt }: NewObject) => {
      const task = parse_task_key(key);
      if (task === undefined) throw new Error(`This is no task: ${key}`);
      begun.push(task);
      const signal = AbortSignal.any([attempt.signal, end.signal]);
      await run_task({ ...store, s3 }, task, { ...attempt, signal });
    });
    const { batchItemFailures } = await worker(sqs_event(message), lambda_context(remaining_ms));
    expect([[], [{ itemIdentifier: message.id }]]).toContainEqual(batchItemFailures);
    return batchItemFailures.length > 0;
  };

  return {
    storage,
    ask_for: async (job) => {
      await write_once(storage.store, plan_task_key(job), "", new AbortController().signal);
    },
    repeat: (task) => {
      notification.send(
        JSON.stringify({
          Records: [{ eventName: "ObjectCreated:Put", s3: { object: { key: task_key(task) } } }],
        }),
      );
    },
    run: async ({
      workers = 4,
      turns = MOST_TURNS,
      random = () => 0,
      client,
      remaining_ms = 60_000,
      finds_duplicates = true,
      between,
    } = {}) => {
      let dead = 0;
      for (let nth = 0; nth < turns && messages.length > 0; nth += 1) {
        turn += 1;
        const from = begun.length;
        const failed = await Promise.all(
          take(workers, random).map(async (message) => {
            const s3 = client?.(storage.store.s3, message.receives + 1) ?? storage.store.s3;
            return (await deliver(message, { ...storage.store, s3, finds_duplicates }, remaining_ms))
              ? [message]
              : [];
          }),
        );
        for (const message of failed.flat()) {
          message.is_retry = true;
          message.turn = turn;
          if (message.receives < MAX_RECEIVES) messages.push(message);
          else dead += 1;
        }
        most_at_once = Math.max(most_at_once, most_of_one_job(begun.slice(from)));
        between?.();
      }
      if (turns === MOST_TURNS && messages.length > 0) throw new Error("The queue is never empty.");
      return dead;
    },
    waiting: () => messages.length,
    begun,
    most_at_once: () => most_at_once,
  };
}

/** Different shards; a message that is delivered twice does not count twice. */
function most_of_one_job(tasks: readonly Task[]): number {
  const shards = new Map<string, Set<Task["part"]>>();
  for (const { job, part } of tasks) {
    const of_job = shards.get(job.id) ?? new Set();
    shards.set(job.id, of_job.add(part));
  }
  return Math.max(0, ...[...shards.values()].map(({ size }) => size));
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
      eventSourceARN: "arn:aws:sqs:eu-central-1:000000000000:extractions",
      awsRegion: "eu-central-1",
    },
  ],
});

/** Numbers from 0 to less than 1, the same for the same seed. https://en.wikipedia.org/wiki/Xorshift */
export function seeded(seed: number): () => number {
  let state = seed | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}
