/**
 * A Lambda authorizer of an HTTP API: REQUEST, payload 2.0, simple responses, one header as its identity source.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html
 */
import * as z from "zod";
import type { Invoke } from "../lambda/function.ts";
import type { AuthorizerContext } from "./event.ts";
import { within } from "./within.ts";

export type Verdict =
  | { readonly allowed: true; readonly context: AuthorizerContext }
  | { readonly allowed: false; readonly status: 401 | 403 | 500; readonly error?: string };

export type Authorizer = {
  /** `event` makes the authorizer's event from the identity; it is called only when the function is. */
  readonly authorize: (
    headers: ReadonlyMap<string, string>,
    event: (identity: readonly string[]) => object,
  ) => Promise<Verdict>;
};

export type AuthorizerSettings = {
  readonly invoke: Invoke;
  readonly token_header: string;
  /** How long a verdict, either way, holds for the same header value; 0 asks each time. */
  readonly ttl_s: number;
  readonly timeout_ms: number;
  /** Verdicts kept; the oldest is dropped for one more. */
  readonly max_cached?: number;
  /** Milliseconds; a clock for tests. */
  readonly now?: () => number;
};

const simple_response = z.object({
  isAuthorized: z.boolean(),
  context: z.record(z.string(), z.unknown()).nullish(),
});

const DEFAULT_MAX_CACHED = 1000;

export function create_authorizer(settings: AuthorizerSettings): Authorizer {
  const cache = create_verdict_cache(settings);
  const header = settings.token_header.toLowerCase();
  return {
    async authorize(headers, event) {
      const identity = headers.get(header) ?? "";
      if (identity === "") return { allowed: false, status: 401 };
      const cached = cache.get(identity);
      if (cached !== undefined) return cached;
      const verdict = await ask(settings, event([identity]));
      // A failure is no verdict: kept, it would turn an outage of a second into one of a minute.
      if (verdict.allowed || verdict.status === 403) cache.set(identity, verdict);
      return verdict;
    },
  };
}

async function ask(settings: AuthorizerSettings, event: object): Promise<Verdict> {
  const invocation = await within(settings.timeout_ms, settings.invoke(event));
  if (invocation === "timed_out") return failure("The authorizer took too long");
  if ("refused" in invocation) return failure(`The authorizer was not invoked: ${invocation.refused}`);
  if ("function_error" in invocation)
    return failure(`The authorizer failed: ${invocation.function_error.errorType}`);
  const response = simple_response.safeParse(invocation.payload);
  if (!response.success) return failure("The authorizer's answer is not a simple response");
  if (!response.data.isAuthorized) return { allowed: false, status: 403 };
  return { allowed: true, context: response.data.context ?? null };
}

function failure(error: string): Verdict {
  return { allowed: false, status: 500, error };
}

function create_verdict_cache({
  ttl_s,
  max_cached = DEFAULT_MAX_CACHED,
  now = Date.now,
}: AuthorizerSettings) {
  const kept = new Map<string, { verdict: Verdict; until: number }>();
  return {
    get(identity: string): Verdict | undefined {
      const entry = kept.get(identity);
      return entry !== undefined && now() < entry.until ? entry.verdict : undefined;
    },
    set(identity: string, verdict: Verdict): void {
      if (ttl_s === 0) return;
      // Taken out first, so that a renewed entry is the youngest of the map's insertion order.
      kept.delete(identity);
      const [oldest] = kept.keys();
      if (kept.size >= max_cached && oldest !== undefined) kept.delete(oldest);
      kept.set(identity, { verdict, until: now() + ttl_s * 1000 });
    },
  };
}
