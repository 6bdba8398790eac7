/**
 * Lambda's event source mapping: takes the messages of a queue in batches, invokes a function with each batch, and
 * deletes what the function has done. Whatever else becomes of a batch, its messages come again.
 * https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
 */
import { createHash } from "node:crypto";
import type { SQSEvent, SQSRecord } from "aws-lambda";
import type { Message, Queue } from "../queue/queue.ts";
import { failed_messages } from "./batch_response.ts";
import type { Invocation, Invoke } from "./function.ts";

export interface EventSourceMappingSettings {
  readonly queue: Queue;
  readonly invoke: Invoke;
  readonly region: string;
  /** Messages for one invocation, at most. */
  readonly batch_size: number;
  /** How long a batch waits to become full, from its first message on; not at all unless told. */
  readonly batching_window_s?: number;
  /** Invocations at once, at most. */
  readonly max_concurrency: number;
  /**
   * How long a message waits that has failed. In AWS that is what is left of its visibility time, which has to be longer
   * than the function may take.
   */
  readonly retry_s: number;
  /** A line for each batch that has not gone well as a whole. */
  readonly log?: (line: string) => void;
}

export interface EventSourceMapping {
  /** Takes no more messages; resolves when what is under way has ended. */
  readonly stop: () => Promise<void>;
}

export function start_event_source_mapping(settings: EventSourceMappingSettings): EventSourceMapping {
  const { queue, batch_size, max_concurrency } = settings;
  const window_ms = (settings.batching_window_s ?? 0) * 1000;
  const under_way = new Set<Promise<void>>();
  let gathered: Message[] = [];
  let window_ends = Number.POSITIVE_INFINITY;
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  /** Empty while there is none, or none yet. */
  function next_batch(): Message[] {
    gathered.push(...queue.receive(batch_size - gathered.length));
    if (gathered.length === 0) return [];
    window_ends = Math.min(window_ends, Date.now() + window_ms);
    if (gathered.length < batch_size && Date.now() < window_ends) return [];
    const batch = gathered;
    gathered = [];
    window_ends = Number.POSITIVE_INFINITY;
    return batch;
  }

  function go_on(): void {
    if (stopped) return;
    clearTimeout(timer);
    while (under_way.size < max_concurrency) {
      const batch = next_batch();
      if (batch.length === 0) {
        look_again();
        return;
      }
      const delivery = deliver(settings, batch).finally(() => {
        under_way.delete(delivery);
        go_on();
      });
      under_way.add(delivery);
    }
  }

  function look_again(): void {
    const next = Math.min(queue.next_visible() ?? Number.POSITIVE_INFINITY, window_ends);
    if (next === Number.POSITIVE_INFINITY) return;
    timer = setTimeout(go_on, Math.max(0, next - Date.now())).unref();
  }

  const stop_watching = queue.watch(go_on);
  go_on();
  return {
    async stop() {
      stopped = true;
      stop_watching();
      clearTimeout(timer);
      for (const { receipt } of gathered.splice(0)) queue.change_visibility(receipt, 0);
      await Promise.all(under_way);
    },
  };
}

async function deliver(settings: EventSourceMappingSettings, batch: readonly Message[]): Promise<void> {
  const { queue, invoke, retry_s, log } = settings;
  const invocation = await invoke(sqs_event(settings, batch));
  const failed = failed_messages(invocation, new Set(batch.map(({ id }) => id)));
  for (const { id, receipt } of batch) {
    if (failed.has(id)) queue.change_visibility(receipt, retry_s);
    else queue.delete(receipt);
  }
  if (failed.size > 0) log?.(`${failed.size} of ${batch.length} have failed${reason_of(invocation)}`);
}

/** An error's type only: its message may quote what it is about. */
function reason_of(invocation: Invocation): string {
  if ("function_error" in invocation) return `: ${invocation.function_error.errorType}`;
  if ("refused" in invocation) return `: ${invocation.refused}`;
  return "";
}

function sqs_event(settings: EventSourceMappingSettings, batch: readonly Message[]): SQSEvent {
  return { Records: batch.map((message) => sqs_record(settings, message)) };
}

function sqs_record({ queue, region }: EventSourceMappingSettings, message: Message): SQSRecord {
  return {
    messageId: message.id,
    receiptHandle: message.receipt,
    body: message.body,
    attributes: {
      ApproximateReceiveCount: String(message.received),
      SentTimestamp: String(message.sent),
      SenderId: "LOCAL",
      ApproximateFirstReceiveTimestamp: String(message.first_received),
    },
    messageAttributes: {},
    md5OfBody: createHash("md5").update(message.body).digest("hex"),
    eventSource: "aws:sqs",
    eventSourceARN: queue.arn,
    awsRegion: region,
  };
}
