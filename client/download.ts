/** The bytes of a photo, as a stream, wherever they come from. */
import type { Api } from "./api.ts";
import type { RequestOf } from "./api_schemas.ts";
import { ProblemError, problem_of } from "./problem_error.ts";

type OnePhoto = Extract<RequestOf<"/download">, { filename: string }>;

export interface DownloadOptions extends Omit<OnePhoto, "filename"> {
  /** Ends the download, also once the bytes have begun to come. */
  readonly signal?: AbortSignal | undefined;
}

export interface Download {
  /** As it was sent. */
  readonly name: string;
  readonly contentType: string;
  /** Bytes; undefined where the server does not say. */
  readonly size: number | undefined;
  /** The answer itself: `body` is a stream, `blob()` and `arrayBuffer()` read all of it. */
  readonly response: Response;
}

export type Downloads = (filename: string, options: DownloadOptions) => Promise<Download>;

/**
 * A photo that is too large for an answer is at S3. Where a redirect can be seen, the token is not sent along; in a
 * page it cannot be seen, and the browser follows it with all headers (docs/decisions/0002). Which of the two it is,
 * the first such photo tells.
 */
export function downloads(api: Api): Downloads {
  let redirect: "manual" | "follow" = "manual";
  const ask = (filename: string, { signal, ...body }: DownloadOptions) =>
    api.fetch("/download", { filename, ...body }, { repeatable: true, signal, redirect });

  return async (filename, options) => {
    let answer = await ask(filename, options);
    if (answer.type === "opaqueredirect") {
      redirect = "follow";
      answer = await ask(filename, options);
    }
    const location = answer.headers.get("location");
    if (answer.status === 303 && location !== null) answer = await from_storage(api, location, options);
    if (!answer.ok) throw await problem_of(answer);
    return download_of(filename, answer);
  };
}

async function from_storage(
  api: Api,
  url: string,
  { signal = undefined }: DownloadOptions,
): Promise<Response> {
  const answer = await api.elsewhere(({ fetch }) => fetch(url, { signal: signal ?? null }), signal);
  if (answer.ok) return answer;
  await answer.body?.cancel();
  const title = "The storage did not give the photo";
  const { status } = answer;
  throw new ProblemError({
    status,
    code: "download_failed",
    title,
    detail: `${title}: it answered ${status}.`,
  });
}

function download_of(filename: string, response: Response): Download {
  const { headers } = response;
  const length = headers.get("content-length");
  return {
    name: name_in(headers.get("content-disposition")) ?? filename.slice(filename.indexOf("_") + 1),
    contentType: headers.get("content-type") ?? "application/octet-stream",
    size: length === null ? undefined : Number(length),
    response,
  };
}

/** RFC 6266: the extended name is the whole one. */
function name_in(disposition: string | null): string | undefined {
  const [, extended] = /;\s*filename\*=UTF-8''([^;\s]*)/i.exec(disposition ?? "") ?? [];
  if (extended !== undefined) return decodeURIComponent(extended);
  const [, quoted, token] = /;\s*filename=(?:"((?:[^"\\]|\\.)*)"|([^";\s]+))/i.exec(disposition ?? "") ?? [];
  return quoted?.replace(/\\(.)/g, "$1") ?? token;
}
