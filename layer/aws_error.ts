/** What an error of the AWS SDK says of the request that it ended. */

/** Whether an error is the one that AWS calls by this name. */
export const is_named = (error: unknown, name: string): boolean =>
  error instanceof Error && error.name === name;

/** The HTTP status of the error; undefined where there was no answer, or a success that broke off on its way. */
export function http_status(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("$metadata" in error)) return undefined;
  const metadata: Readonly<Record<string, unknown>> = { ...(error.$metadata ?? {}) };
  const status = metadata.httpStatusCode;
  return typeof status === "number" && status >= 400 ? status : undefined;
}
