/** A limit on how long the gateway waits for a function. */

/** What was waited for, or `"timed_out"`. What is late is not stopped: the function runs on, as it does in AWS. */
export async function within<T>(milliseconds: number, work: Promise<T>): Promise<T | "timed_out"> {
  const { promise: late, resolve } = Promise.withResolvers<"timed_out">();
  const timer = setTimeout(() => resolve("timed_out"), milliseconds);
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
