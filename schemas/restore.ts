/** POST /restore */
import * as z from "zod/mini";
import { failure_code, filename, filenames } from "./photo.ts";

export const restore_request = z.union([
  z.strictObject({ file: filename }),
  z.strictObject({ files: filenames }),
]);

export const photo_restored = z.strictObject({
  file: filename,
  outcome: z.enum(["restored", "not_deleted"]),
});

export const restoration_outcome = z.discriminatedUnion("outcome", [
  z.strictObject({
    file: filename,
    outcome: z.enum(["restored", "not_deleted", "not_found", "not_attempted"]),
  }),
  z.strictObject({ file: filename, outcome: z.literal("failed"), code: failure_code }),
]);

/** Of many: in the order of the request. */
export const restoration_outcomes = z.strictObject({ outcomes: z.array(restoration_outcome) });

export const restore_response = z.union([photo_restored, restoration_outcomes]);

export type RestoreRequest = z.infer<typeof restore_request>;
export type RestoreResponse = z.infer<typeof restore_response>;
