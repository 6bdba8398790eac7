/** What an error of the AWS SDK says of the request that it ended. */

/** The HTTP status of the answer; undefined where there was none. */
export function http_status(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("$metadata" in error)) return undefined;
  const metadata: Readonly<Record<string, unknown>> = { ...(error.$metadata ?? {}) };
  return typeof metadata.httpStatusCode === "number" ? metadata.httpStatusCode : undefined;
}
