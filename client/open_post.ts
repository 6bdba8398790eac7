/** POST of JSON to the API, without a token: what signing in is made of. */
import type { AnswerOf, Endpoint, FormEndpoint, RequestOf } from "./api_schemas.ts";
import { type Patience, patiently, type Repetition } from "./patience.ts";
import { problem_of } from "./problem_error.ts";
import type { Fetch } from "./transfer.ts";

/** @throws ProblemError, ConnectionError, or the signal's reason */
export type OpenPost = <Path extends Endpoint>(
  path: Path,
  body: RequestOf<Path>,
  repetition: Repetition,
) => Promise<AnswerOf<Path>>;

export const open_post =
  (fetch: Fetch, base: string, patience: Patience): OpenPost =>
  async (path, body, repetition) => {
    const init = json_init(body, repetition.signal);
    return json_answer(await patiently(() => fetch(base + path, init), patience, repetition));
  };

export const json_init = (
  body: unknown,
  signal: AbortSignal | undefined,
  headers: Readonly<Record<string, string>> = {},
): RequestInit => ({
  method: "POST",
  headers: { ...headers, "content-type": "application/json" },
  body: JSON.stringify(body),
  signal: signal ?? null,
});

/** The body of a success, in the shape that the API's description promises. @throws ProblemError */
export async function json_answer<Path extends Endpoint | FormEndpoint>(
  response: Response,
): Promise<AnswerOf<Path>> {
  if (!response.ok) throw await problem_of(response);
  const text = await response.text();
  const body = text === "" ? undefined : JSON.parse(text);
  return body;
}
