/**
 * Which messages of a batch have failed, by what the function has answered, for a mapping with ReportBatchItemFailures.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting
 */
import * as z from "zod";
import type { Invocation } from "./function.ts";

/** Neither an answer nor a list is needed to say that all went well. */
const batch_response = z
  .looseObject({
    batchItemFailures: z.array(z.looseObject({ itemIdentifier: z.string() })).nullish(),
  })
  .nullable();

/**
 * The ids that have failed. All have, if the function has, or names one that is not in the batch, or answers in no form
 * that Lambda knows: it would rather do a message again than lose it.
 */
export function failed_messages(invocation: Invocation, batch: ReadonlySet<string>): ReadonlySet<string> {
  if (!("payload" in invocation)) return batch;
  const response = batch_response.safeParse(invocation.payload);
  if (!response.success) return batch;
  const failed = (response.data?.batchItemFailures ?? []).map(({ itemIdentifier }) => itemIdentifier);
  return failed.every((id) => batch.has(id)) ? new Set(failed) : batch;
}
