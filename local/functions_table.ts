/** Reads the one table of functions and routes, which Terraform reads too. */
import { readFileSync } from "node:fs";
import path from "node:path";
import * as z from "zod";

/** The queues of SQS that S3 tells of new objects, each with a dead-letter queue of its own. */
const queue_name = z.enum(["admissions", "extractions", "exports"]);
export type QueueName = z.infer<typeof queue_name>;

const function_definition = z.strictObject({
  /** `POST /login`. A function has either a route or a queue, and the authorizer neither. */
  route: z
    .string()
    .regex(/^[A-Z]+ \/\S*$/, "must be a method and a path, such as POST /login")
    .optional(),
  /** The queue whose messages invoke it. */
  queue: queue_name.optional(),
  /** Whether the authorizer is asked first. */
  authorized: z.boolean().default(false),
  // The ranges are those of Lambda: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
  memory_mb: z.int().min(128).max(10_240),
  timeout_s: z.int().min(1).max(900),
  /** How many sandboxes it may have, and nobody else may take; the laptop has one of each. */
  reserved_concurrency: z.int().min(1).optional(),
  /** Names of variables; whoever deploys the table knows their values. */
  environment: z.array(z.string()),
  /**
   * IAM actions by the resource of terraform/iam.tf that they are for. The laptop's S3 asks for one of them only:
   * without s3:ListBucket it says 403 of a missing key. What else a function calls, the integration tests hold against this.
   */
  permissions: z.record(
    z.string(),
    z.array(z.string().regex(/^[a-z0-9-]+:[A-Za-z]+$/, "must be one whole action, such as s3:GetObject")),
  ),
});
export type FunctionDefinition = z.infer<typeof function_definition>;

const functions_table = z
  .object({
    functions: z.record(z.string().regex(/^[a-z][a-z0-9_]*$/, "must be in snake case"), function_definition),
  })
  .superRefine(({ functions }, context) => {
    for (const [name, { route, queue, authorized }] of Object.entries(functions)) {
      const invoked_by = [route, queue].filter((way) => way !== undefined).length;
      if (invoked_by !== (name === AUTHORIZER ? 0 : 1)) {
        context.addIssue({
          code: "custom",
          path: [name],
          message: "every function but the authorizer has a route or a queue, and not both",
        });
      }
      if (authorized && route === undefined) {
        context.addIssue({
          code: "custom",
          path: [name],
          message: "the authorizer is asked about routes only",
        });
      }
    }
    for (const way of ["route", "queue"] as const) {
      const taken = Object.values(functions).flatMap((definition) => definition[way] ?? []);
      if (new Set(taken).size < taken.length) {
        context.addIssue({
          code: "custom",
          path: ["functions"],
          message: `two functions have the same ${way}`,
        });
      }
    }
    if (functions[AUTHORIZER] === undefined) {
      context.addIssue({ code: "custom", path: ["functions"], message: `there is no ${AUTHORIZER}` });
    }
  });

/** The function that the gateway asks; it has no route of its own. */
export const AUTHORIZER = "authorizer";

const TABLE = path.join(import.meta.dirname, "..", "terraform", "functions.auto.tfvars.json");

/**
 * The functions by name.
 * @throws Error that names what is wrong in the table.
 */
export function read_functions_table(file: string = TABLE): Record<string, FunctionDefinition> {
  const table = functions_table.safeParse(JSON.parse(readFileSync(file, "utf8")));
  if (!table.success) throw new Error(`${file} is wrong.\n${z.prettifyError(table.error)}`);
  return table.data.functions;
}
