/** POST /job */
import * as z from "zod/mini";
import { content_type, duplicate, filename, size } from "./photo.ts";

export const job_request = z.strictObject({
  jobId: z.string().check(z.minLength(1), z.maxLength(100)),
  /** From the answer before this one. */
  cursor: z.optional(z.string().check(z.minLength(1), z.maxLength(100))),
});

/** The whole path of the entry in the archive. */
const name = z.string();

export const entry_outcome = z.discriminatedUnion("outcome", [
  z.strictObject({
    name,
    outcome: z.literal("uploaded"),
    filename,
    size,
    contentType: content_type,
    duplicate,
  }),
  z.strictObject({ name, outcome: z.enum(["skipped", "failed"]), reason: z.string() }),
]);

const amount = z.strictObject({
  done: z.int().check(z.nonnegative()),
  total: z.int().check(z.nonnegative()),
});
const count = z.int().check(z.nonnegative());

/** The archive of an export. */
const archive = z.strictObject({
  url: z.string(),
  /** Seconds. */
  expiresIn: z.int().check(z.positive()),
  size,
});

export const job_response = z.strictObject({
  kind: z.enum(["extraction", "export"]),
  state: z.enum(["queued", "running", "done", "refused"]),
  /** Of the newest progress: when it was asked for, planned, or a part of it done. */
  updatedAt: z.iso.datetime({ precision: 3 }),
  /** Why nothing was done. */
  reason: z.optional(z.string()),
  entries: amount,
  /** Inflated, of the entries that can be extracted; or of the photos of an export. */
  bytes: amount,
  uploaded: count,
  skipped: count,
  failed: count,
  outcomes: z.array(entry_outcome),
  /** Present while there are, or may be, more outcomes. */
  cursor: z.optional(z.string()),
  /** Of an export that is done. */
  archive: z.optional(archive),
});

export type JobRequest = z.infer<typeof job_request>;
export type JobResponse = z.infer<typeof job_response>;
