/** An archive that is too large for a function goes to S3 in parts, and is extracted by workers in the background. */
import type { EntryOutcome, ExtractProgress, UnzipProgress } from "../../../client/index.ts";
import { type HolidayEntry, whole_holiday_entries, zip_entries } from "../holiday_archive.ts";
import { size_text } from "../output.ts";
import { all, file_of } from "../photo_client.ts";
import { with_progress } from "./send.ts";
import type { SignedInStage } from "./stage.ts";
import { photos_of, stored_photos, uploaded } from "./unzip.ts";

interface Extraction {
  readonly outcomes: readonly EntryOutcome[];
  /** The last that was told of it. */
  readonly end: ExtractProgress | undefined;
}

export async function extract_large_archive(stage: SignedInStage): Promise<void> {
  const { report, stored, begun } = stage;
  report.heading("Unpacking an archive that is too large for a function");
  const entries = whole_holiday_entries();
  const archive = file_of({ name: "Whole holiday.zip", bytes: zip_entries(entries, { deflate: false }) });
  const uploadId = await break_off(stage, archive);
  const extraction = await go_on(stage, archive, uploadId);
  stored.push(...stored_photos(extraction.outcomes, entries));
  begun.delete(uploadId);
  show(stage, extraction);
  check(stage, extraction, entries);
}

/** As a client that is stopped, or crashes, on the way. All that is left of it is the id. */
async function break_off(stage: SignedInStage, archive: File): Promise<string> {
  const { client, report, begun } = stage;
  const stop = new AbortController();
  let uploadId = "";
  const broken_off = all(
    client.unzip(archive, {
      resumable: true,
      keepOnAbort: true,
      signal: stop.signal,
      onUploadId: (id) => {
        uploadId = id;
        begun.add(id);
      },
      onProgress: ({ phase, done, total }) => phase === "uploading" && done > total / 2 && stop.abort(),
    }),
  );
  const stopped = await broken_off.then(
    () => false,
    () => stop.signal.aborted,
  );
  stage.stop?.throwIfAborted();
  report.check(
    `${size_text(archive.size)} are sent in parts of 8 MiB, and stopped on the way`,
    stopped,
    true,
  );
  return uploadId;
}

/** With nothing but the id: what has arrived is not sent again. */
async function go_on(stage: SignedInStage, archive: File, resumeFrom: string): Promise<Extraction> {
  const { client, report } = stage;
  let end: ExtractProgress | undefined;
  const outcomes = await with_progress(stage, archive.name, (show_progress) => {
    const onProgress = (event: UnzipProgress) => {
      if (event.phase === "extracting") {
        if (end === undefined)
          report.line("its photos are extracted in the background; the job says how far:");
        end = event;
      }
      show_progress(event);
    };
    return all(client.unzip(archive, { resumeFrom, onProgress, pollInterval: 100 }));
  });
  return { outcomes, end };
}

const ORDER = ["uploaded", "skipped", "failed"];

/** One row for each outcome and reason: a large archive has too many entries for one row each. */
function show({ report }: SignedInStage, { outcomes }: Extraction): void {
  const sorted = ORDER.flatMap((outcome) => outcomes.filter((entry) => entry.outcome === outcome));
  const kinds = Map.groupBy(sorted, (entry) =>
    entry.outcome === "uploaded" ? "uploaded" : `${entry.outcome} ${entry.reason}`,
  );
  report.table(
    [
      { heading: "outcome" },
      { heading: "entries", align: "right" },
      { heading: "size", align: "right" },
      { heading: "reason" },
    ],
    [...kinds.values()].map((alike) => {
      const [first] = alike;
      const bytes = alike.reduce((sum, entry) => sum + (entry.outcome === "uploaded" ? entry.size : 0), 0);
      return first === undefined || first.outcome === "uploaded"
        ? ["uploaded", String(alike.length), size_text(bytes), ""]
        : [first.outcome, String(alike.length), "", first.reason];
    }),
  );
}

function check({ report }: SignedInStage, job: Extraction, entries: readonly HolidayEntry[]): void {
  const photos = photos_of(entries);
  report.check(
    `the ${photos.length} photos are stored, each once`,
    uploaded(job.outcomes).map(({ name, size, contentType }) => [name, size, contentType]),
    photos.map(({ path, bytes, type }) => [path, bytes.byteLength, type]),
  );
  report.check(
    `each of the ${entries.length} entries has its outcome, in the order of the archive`,
    job.outcomes.map((entry) => [entry.name, entry.outcome, reason_of(entry)]),
    entries.map(({ path, expected }) => [path, expected.outcome, reason_of(expected)]),
  );
  const { state, uploaded: stored, skipped, failed } = job.end ?? {};
  report.check(
    "the job is done, and its counts agree",
    { state, stored, skipped, failed },
    { state: "done", ...counts(entries) },
  );
}

const reason_of = (entry: EntryOutcome | HolidayEntry["expected"]): string =>
  "reason" in entry ? entry.reason : "";

function counts(entries: readonly HolidayEntry[]) {
  const of = (outcome: string) => entries.filter(({ expected }) => expected.outcome === outcome).length;
  return { stored: of("uploaded"), skipped: of("skipped"), failed: of("failed") };
}
