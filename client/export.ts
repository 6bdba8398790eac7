/** Several photos as one archive, which the server makes by a job. */
import type { Api } from "./api.ts";
import type { RequestOf } from "./api_schemas.ts";
import { type FollowExportOptions, pages_of_job, progress_of } from "./job.ts";

/** `{ all: true }`, or `{ filenames: […] }` of up to 1,000. */
export type ExportChoice = Exclude<RequestOf<"/download">, { filename: string }>;

export interface ExportOptions extends FollowExportOptions {
  /** Called with the id of the job: a string to be kept for `followExport`. */
  readonly onJobId?: ((jobId: string) => void) | undefined;
}

export interface ExportedArchive {
  /** Where it can be fetched by anyone, without a token; a page can also make a link of it. */
  readonly url: string;
  /** Seconds that the URL is good for. Afterwards, `followExport` gives another one, as long as the archive is kept. */
  readonly expiresIn: number;
  /** Bytes. */
  readonly size: number;
  readonly jobId: string;
  /** Filenames of the photos that are not in it, since they were not there. */
  readonly missing: readonly string[];
}

/** @throws ProblemError, also where no archive is made; ConnectionError; or the signal's reason */
export async function export_photos(
  api: Api,
  choice: ExportChoice,
  options: ExportOptions,
): Promise<ExportedArchive> {
  const { signal } = options;
  // One whose answer was lost makes an archive that nobody fetches, and that expires.
  const { jobId } = await api.post("/download", choice, { repeatable: true, signal });
  options.onJobId?.(jobId);
  return follow_export(api, jobId, options);
}

/** @throws as `export_photos`, and TypeError of an extraction's job */
export async function follow_export(
  api: Api,
  jobId: string,
  { onProgress, ...options }: FollowExportOptions,
): Promise<ExportedArchive> {
  const missing: string[] = [];
  for await (const job of pages_of_job(api, jobId, options)) {
    if (job.kind !== "export") throw new TypeError("This job is an extraction: follow() looks at it.");
    onProgress?.({ phase: "exporting", ...progress_of(jobId, job) });
    missing.push(...job.outcomes.map(({ name }) => name));
    if (job.archive !== undefined && job.cursor === undefined) return { ...job.archive, jobId, missing };
  }
  throw new TypeError("The job has ended without an archive.");
}
