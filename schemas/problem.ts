/** Every answer of a function that is not a success: problem details (RFC 9457). */
import * as z from "zod/mini";

export const problem_response = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  code: z.string(),
  detail: z.string(),
  errors: z.optional(z.array(z.strictObject({ field: z.string(), message: z.string() }))),
  /** Why an archive was refused. */
  reason: z.optional(z.string()),
});

export type ProblemResponse = z.infer<typeof problem_response>;
