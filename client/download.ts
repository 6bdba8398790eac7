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

export type Downloads = (api: Api, filename: string, options: DownloadOptions) => Promise<Download>;

/**
 * A photo that is too large for an answer is at S3. Where a redirect can be seen, the token is not sent along; in a
 * page it cannot be seen, and the browser follows it with all headers (docs/decisions/0002). Which of the two it is,
 * the first such photo tells.
 */
export function downloads(): Downloads {
  let redirect: "manual" | "follow" = "manual";
  const ask = (api: Api, filename: string, { signal, ...body }: DownloadOptions) =>
    api.fetch("/download", { filename, ...body }, { repeatable: true, signal, redirect });

  return async (api, filename, options) => {
    let answer = await ask(api, filename, options);
    if (answer.type === "opaqueredirect") {
      redirect = "follow";
      answer = await ask(api, filename, options);
    }
    const location = answer.status === 303 ? answer.headers.get("location") : null;
    if (location !== null) answer = await api.from_storage(location, options.signal);
    if (answer.ok) return download_of(filename, answer);
    throw location !== null || answer.redirected ? download_failed(answer) : await problem_of(answer);
  };
}

function download_failed({ status }: Response): ProblemError {
  const title = "The storage did not give the photo";
  const detail = `${title}: it answered ${status}.`;
  return new ProblemError({ status, code: "download_failed", title, detail });
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
