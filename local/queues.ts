/** The queues of the stack: which new objects S3 tells them of, and which functions their messages invoke. */
import path from "node:path";
import { BUCKET, type Config, REGION } from "./config.ts";
import type { DataDir } from "./data_dir.ts";
import type { FunctionDefinition, QueueName } from "./functions_table.ts";
import { type EventSourceMapping, start_event_source_mapping } from "./lambda/event_source_mapping.ts";
import type { LambdaFunction } from "./lambda/function.ts";
import { CHAOS, type Queue, Queues } from "./queue/queue.ts";
import type { Notification } from "./s3/notifications.ts";

type EventSource = {
  /** Of the keys of the objects. */
  readonly prefix: string;
  readonly batch_size: number;
  /** For how many of the function's timeouts a message is hidden from others once it has been received. */
  readonly visibility_timeouts: number;
  /** Invocations at once; a laptop has fewer processors than AWS. */
  readonly max_concurrency: number;
};

export const EVENT_SOURCES: Readonly<Record<QueueName, EventSource>> = {
  admissions: { prefix: ".quarantine/", batch_size: 1, visibility_timeouts: 6, max_concurrency: 4 },
  // As in terraform/queues.tf, which says why.
  extractions: { prefix: ".tasks/", batch_size: 1, visibility_timeouts: 2, max_concurrency: 4 },
  exports: { prefix: ".export_tasks/", batch_size: 1, visibility_timeouts: 2, max_concurrency: 2 },
};

export const MAX_RECEIVE_COUNT = 5;

export type StackQueues = {
  readonly queues: Readonly<Partial<Record<QueueName, Queue>>>;
  /** What S3 is to tell them. */
  readonly notifications: readonly Notification[];
  /** From now on messages invoke the functions. */
  readonly start: (functions: Readonly<Record<string, LambdaFunction>>) => void;
  /** Invokes no more; resolves when all that was under way has ended, or that much time is over. */
  readonly stop: (within_ms: number) => Promise<void>;
  /** Waits for what is under way, so the functions have to have been stopped. */
  readonly close: () => Promise<void>;
};

type Settings = {
  readonly config: Pick<Config, "queue_chaos" | "queue_retry_s">;
  readonly table: Readonly<Record<string, FunctionDefinition>>;
  readonly data_dir: DataDir;
  readonly on_log: (line: string, source: string) => void;
};

/** A queue for each function of the table that has one. */
export function open_queues({ config, table, data_dir, on_log }: Settings): StackQueues {
  const file = new Queues({
    file: path.join(data_dir.folder("queues"), "messages.sqlite"),
    region: REGION,
    ...(config.queue_chaos && { chaos: CHAOS }),
  });
  const opened = Object.entries(table).flatMap(([function_name, { queue: name, timeout_s }]) => {
    if (name === undefined) return [];
    const queue = file.open({
      name,
      visibility_timeout_s: EVENT_SOURCES[name].visibility_timeouts * timeout_s,
      max_receive_count: MAX_RECEIVE_COUNT,
      on_dead: (messages) => on_log(dead_letter_line(messages), name),
    });
    return [{ name, queue, function_name }];
  });
  const mappings: EventSourceMapping[] = [];
  const stop_all = () => Promise.all(mappings.map((mapping) => mapping.stop()));
  return {
    queues: Object.fromEntries(opened.map(({ name, queue }) => [name, queue])),
    notifications: opened.map(({ name, queue }) => ({
      id: name,
      bucket: BUCKET,
      prefix: EVENT_SOURCES[name].prefix,
      send: (body) => queue.send(body),
    })),
    start(functions) {
      for (const { name, queue, function_name } of opened) {
        const made = functions[function_name];
        if (made === undefined) throw new Error(`There is no function ${function_name}.`);
        const { batch_size, max_concurrency } = EVENT_SOURCES[name];
        const mapping = start_event_source_mapping({
          queue,
          invoke: made.invoke,
          region: REGION,
          batch_size,
          max_concurrency,
          retry_s: config.queue_retry_s,
          log: (line) => on_log(line, name),
        });
        mappings.push(mapping);
      }
    },
    async stop(within_ms) {
      const out_of_time = Promise.withResolvers<void>();
      const timer = setTimeout(out_of_time.resolve, within_ms);
      await Promise.race([stop_all(), out_of_time.promise]);
      clearTimeout(timer);
    },
    async close() {
      await stop_all();
      file.close();
    },
  };
}

function dead_letter_line(messages: number): string {
  const letters = messages === 1 ? "1 dead letter" : `${messages} dead letters`;
  return `${letters} more, after ${MAX_RECEIVE_COUNT} receives; npm start -- --redrive tries again`;
}
