/** What an error of the AWS SDK says of the request that it ended. */

/** The HTTP status of the answer; undefined where there was none. */
export const http_status = (error: unknown): number | undefined => metadata_number(error, "httpStatusCode");

/** How many times the SDK has sent the request. */
export const attempts = (error: unknown): number => metadata_number(error, "attempts") ?? 1;

function metadata_number(error: unknown, field: "httpStatusCode" | "attempts"): number | undefined {
  if (!(error instanceof Error) || !("$metadata" in error)) return undefined;
  const metadata: Readonly<Record<string, unknown>> = { ...(error.$metadata ?? {}) };
  const value = metadata[field];
  return typeof value === "number" ? value : undefined;
}
