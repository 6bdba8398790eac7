/** What a sandbox and the pool that owns it say to each other over the IPC channel. */
import * as z from "zod";

/** One invocation, as it is handed to the code inside a sandbox. */
export type InvocationRequest = {
  readonly request_id: string;
  readonly function_arn: string;
  /** The event as JSON text: Lambda hands over bytes, not objects. */
  readonly payload: string;
  /** When the function is out of time, in milliseconds since the epoch. */
  readonly deadline_ms: number;
};

/** An error as Lambda reports it to the caller of Invoke. */
export const function_error = z.object({ errorType: z.string(), errorMessage: z.string() });
export type FunctionError = z.infer<typeof function_error>;

/** A sandbox says `ready` or `failed` once, after loading the handler; then one answer to each request. */
export const sandbox_message = z.discriminatedUnion("type", [
  z.object({ type: z.literal("ready") }),
  z.object({ type: z.literal("returned"), payload: z.string() }),
  z.object({ type: z.literal("failed"), error: function_error }),
]);
export type SandboxMessage = z.infer<typeof sandbox_message>;
