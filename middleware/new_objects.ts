/** What a function is that takes the messages of a queue in which S3 tells of new objects. */
import { log, log_for_request, loggable } from "@photo-uploader/layer";
import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from "aws-lambda";
import * as z from "zod/mini";

/** What a handler is given of one new object. */
export interface NewObject {
  readonly key: string;
  /** How often the message about it has been received, this time included; SQS may deliver any message twice. */
  readonly receives: number;
  /** Milliseconds since the epoch at which the function's time is up. */
  readonly deadline: number;
  /** Aborts shortly before. */
  readonly signal: AbortSignal;
}

/** Time that is kept back to call off what is under way, and to answer. */
const ANSWER_MS = 3_000;

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html */
const s3_event = z.object({
  Records: z.array(
    z.object({ eventName: z.string(), s3: z.object({ object: z.object({ key: z.string() }) }) }),
  ),
});

/** What S3 sends when a notification is set up. */
const test_event = z.object({ Event: z.literal("s3:TestEvent") });

/**
 * Each message of a batch succeeds or fails by itself, one after the other: those in `batchItemFailures` come again, and
 * those that have come too often become dead letters.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting
 */
export const new_objects =
  (handle: (object: NewObject) => Promise<void>) =>
  async ({ Records }: SQSEvent, context: Context): Promise<SQSBatchResponse> => {
    log_for_request(context.awsRequestId);
    const remaining = context.getRemainingTimeInMillis();
    const time = {
      deadline: Date.now() + remaining,
      // A time-out of no time at all would still let the first message begin.
      signal: remaining > ANSWER_MS ? AbortSignal.timeout(remaining - ANSWER_MS) : AbortSignal.abort(),
    };
    const batchItemFailures: SQSBatchResponse["batchItemFailures"] = [];
    for (const record of Records) {
      const started = performance.now();
      const receives = Number(record.attributes.ApproximateReceiveCount);
      const failure = await handled(handle, record, { ...time, receives });
      const milliseconds = Math.round(performance.now() - started);
      if (failure === undefined) {
        log.info("message", { receives, milliseconds });
      } else {
        log.error("message failed", { receives, milliseconds, error: loggable(failure.error) });
        batchItemFailures.push({ itemIdentifier: record.messageId });
      }
    }
    return { batchItemFailures };
  };

async function handled(
  handle: (object: NewObject) => Promise<void>,
  { body }: SQSRecord,
  attempt: Omit<NewObject, "key">,
): Promise<{ readonly error: unknown } | undefined> {
  try {
    for (const key of created_keys(body)) {
      attempt.signal.throwIfAborted();
      await handle({ ...attempt, key });
    }
    return undefined;
  } catch (error) {
    return { error };
  }
}

/** @throws where the message is no event of S3 */
function created_keys(body: string): string[] {
  const event: unknown = JSON.parse(body);
  if (test_event.safeParse(event).success) return [];
  return s3_event
    .parse(event)
    .Records.filter(({ eventName }) => eventName.startsWith("ObjectCreated:"))
    .map(({ s3 }) => decoded_key(s3.object.key));
}

/** Keys are encoded as in a form: a space is a `+`. */
const decoded_key = (key: string): string => decodeURIComponent(key.replaceAll("+", " "));
