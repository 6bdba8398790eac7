/** POST /delete */
import * as z from "zod/mini";
import { failure_code, filename, filenames } from "./photo.ts";

export const delete_request = z.union([
  z.strictObject({ file: filename }),
  z.strictObject({ files: filenames }),
]);

export const photo_deleted = z.strictObject({ deleted: filename });

export const deletion_outcome = z.discriminatedUnion("outcome", [
  z.strictObject({ file: filename, outcome: z.enum(["deleted", "not_found", "not_attempted"]) }),
  z.strictObject({ file: filename, outcome: z.literal("failed"), code: failure_code }),
]);

/** Of many: in the order of the request. */
export const deletion_outcomes = z.strictObject({ outcomes: z.array(deletion_outcome) });

export const delete_response = z.union([photo_deleted, deletion_outcomes]);

export type DeleteRequest = z.infer<typeof delete_request>;
export type DeleteResponse = z.infer<typeof delete_response>;
