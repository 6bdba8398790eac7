/** An archive that is too large for a function goes to S3 in parts, and is extracted by workers in the background. */
import { complete_upload_response } from "../../../schemas/complete_upload.ts";
import type { JobResponse } from "../../../schemas/job.ts";
import { type RequestUploadResponse, request_upload_response } from "../../../schemas/request_upload.ts";
import { type UploadPartsResponse, upload_parts_response } from "../../../schemas/upload_parts.ts";
import { outcome, read_answer, require_status, UnexpectedAnswer } from "../api.ts";
import { type HolidayEntry, whole_holiday_entries, zip_entries } from "../holiday_archive.ts";
import { type EndedJob, follow_job } from "../job.ts";
import type { SentFile } from "../multipart_upload.ts";
import { size_text } from "../output.ts";
import type { ShownProgress } from "../progress.ts";
import { with_progress } from "./send.ts";
import type { SignedInStage } from "./stage.ts";
import { photos_of, stored_photos } from "./unzip.ts";

type Parts = Extract<RequestUploadResponse, { method: "PUT" }>;

export async function extract_large_archive(stage: SignedInStage): Promise<void> {
  stage.report.heading("Unpacking an archive that is too large for a function");
  const entries = whole_holiday_entries();
  const archive = { name: "Whole holiday.zip", bytes: zip_entries(entries, { deflate: false }) };
  const upload = await request_parts(stage, archive);
  await send_parts(stage, upload, archive);
  const answer = await stage.user.post("/complete_upload", { uploadId: upload.uploadId });
  const completed = read_answer(answer, 202, complete_upload_response);
  if (!("jobId" in completed)) throw new UnexpectedAnswer(answer.request, "a photo", "a job");
  stage.report.line("/complete_upload has its photos extracted in the background; /job says how far:");
  const job = await followed(stage, completed.jobId, archive.name);
  stage.stored.push(...stored_photos(uploaded(job), entries));
  stage.begun.delete(upload.uploadId);
  show(stage, job);
  check(stage, job, entries);
}

async function request_parts(stage: SignedInStage, { name, bytes }: SentFile): Promise<Parts> {
  const { user, report, begun } = stage;
  const size = bytes.byteLength;
  const declared = { name, size, contentType: "application/zip", kind: "archive", multipart: true };
  const upload = read_answer(await user.post("/request_upload", declared), 201, request_upload_response);
  begun.add(upload.uploadId);
  if (upload.method !== "PUT")
    throw new UnexpectedAnswer("POST /request_upload", upload.method, "parts to PUT");
  report.check(
    `/request_upload takes ${size_text(size)} in ${upload.parts} parts of ${size_text(upload.partSize)}`,
    upload.parts,
    Math.ceil(size / upload.partSize),
  );
  return upload;
}

/** As a client that breaks off after the first part, and goes on later with nothing but the id. */
async function send_parts(
  stage: SignedInStage,
  { uploadId, parts }: Parts,
  archive: SentFile,
): Promise<void> {
  const { user, report } = stage;
  const signed = async (sign: readonly number[]): Promise<UploadPartsResponse> =>
    read_answer(await user.post("/upload_parts", { uploadId, sign }), 200, upload_parts_response);

  await send_part(stage, archive, 1, parts, await signed([1]));
  const early = await user.post("/complete_upload", { uploadId });
  report.check("it is not complete with its first part: 409", outcome(early), "409 upload_incomplete");
  const rest = Array.from({ length: parts - 1 }, (_, index) => index + 2);
  const resumed = await signed(rest);
  report.check(
    "/upload_parts names the part that has arrived, and signs the others",
    [resumed.parts.map(({ PartNumber }) => PartNumber), Object.keys(resumed.urls).map(Number)],
    [[1], rest],
  );
  for (const number of rest) await send_part(stage, archive, number, parts, resumed);
}

async function send_part(
  stage: SignedInStage,
  { name, bytes }: SentFile,
  number: number,
  parts: number,
  { urls, partSize }: UploadPartsResponse,
): Promise<void> {
  const url = urls[number];
  if (url === undefined) throw new UnexpectedAnswer("POST /upload_parts", "none", `a URL for part ${number}`);
  const part = bytes.subarray((number - 1) * partSize, number * partSize);
  const label = `${name}, ${number} of ${parts}`;
  const answer = await with_progress(stage, label, part.byteLength, (on_sent) =>
    stage.user.put_location(url, part, on_sent),
  );
  require_status(answer, 200);
}

/** Shows how far it is, in entries and bytes. */
async function followed({ user, progress }: SignedInStage, jobId: string, label: string): Promise<EndedJob> {
  let shown: ShownProgress | undefined;
  try {
    return await follow_job(user, jobId, ({ bytes, entries }) => {
      // What it comes to is known once its directory has been read.
      if (bytes.total === 0) return;
      shown ??= progress(label, bytes.total);
      shown.done(bytes.done, `${entries.done} of ${entries.total} entries`);
    });
  } finally {
    shown?.stop();
  }
}

const uploaded = ({ outcomes }: EndedJob) =>
  outcomes.flatMap((entry) => (entry.outcome === "uploaded" ? [entry] : []));

const ORDER = ["uploaded", "skipped", "failed"];

/** One row for each outcome and reason: a large archive has too many entries for one row each. */
function show({ report }: SignedInStage, { outcomes }: EndedJob): void {
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

function check({ report }: SignedInStage, job: EndedJob, entries: readonly HolidayEntry[]): void {
  const photos = photos_of(entries);
  report.check(
    `the ${photos.length} photos are stored, each once`,
    uploaded(job).map(({ name, size, contentType }) => [name, size, contentType]),
    photos.map(({ path, bytes, type }) => [path, bytes.byteLength, type]),
  );
  report.check(
    `each of the ${entries.length} entries has its outcome, in the order of the archive`,
    job.outcomes.map((entry) => [entry.name, entry.outcome, reason_of(entry)]),
    entries.map(({ path, expected }) => [path, expected.outcome, reason_of(expected)]),
  );
  const { state, uploaded: stored, skipped, failed } = job.end;
  report.check(
    "the job is done, and its counts agree",
    { state, stored, skipped, failed },
    { state: "done", ...counts(entries) },
  );
}

const reason_of = (entry: JobResponse["outcomes"][number] | HolidayEntry["expected"]): string =>
  "reason" in entry ? entry.reason : "";

function counts(entries: readonly HolidayEntry[]) {
  const of = (outcome: string) => entries.filter(({ expected }) => expected.outcome === outcome).length;
  return { stored: of("uploaded"), skipped: of("skipped"), failed: of("failed") };
}
