/** An archive is unpacked: every photo in it is stored, and every other entry is named with the reason. */
import { type UnzipResponse, unzip_response } from "../../../schemas/unzip.ts";
import { read_answer } from "../api.ts";
import { type HolidayEntry, holiday_entries, zip_entries } from "../holiday_archive.ts";
import { size_text } from "../output.ts";
import type { Report } from "../report.ts";
import { sha256 } from "../sha256.ts";
import { send } from "./send.ts";
import type { SignedInStage, StoredPhoto } from "./stage.ts";

export async function unzip_holiday(stage: SignedInStage): Promise<void> {
  const { report, stored } = stage;
  report.heading("Unpacking an archive");
  const entries = holiday_entries();
  const archive = { name: "Holiday.zip", bytes: zip_entries(entries) };
  const answer = read_answer(await send(stage, "/unzip", "archive", archive), 200, unzip_response);
  stored.push(...stored_photos(answer.uploaded, entries));
  show(report, answer);
  report.check(
    "the photos are stored, both of the two with one name among them",
    answer.uploaded.map(({ name, size, contentType }) => [name, size, contentType]),
    photos_of(entries).map(({ path, bytes, type }) => [path, bytes.byteLength, type]),
  );
  report.check(
    "folders, system files and a text are skipped, each by name",
    answer.skipped,
    reasons(entries, "skipped"),
  );
  report.check(
    "an empty file and a way out of the folder fail, each by name",
    answer.failed,
    reasons(entries, "failed"),
  );
}

/** The answer has the order of the archive; with one name twice, only that tells which is which. */
export function stored_photos(
  uploaded: UnzipResponse["uploaded"],
  entries: readonly HolidayEntry[],
): StoredPhoto[] {
  const photos = photos_of(entries);
  return uploaded.map(({ filename, size, contentType }, index) => {
    const { path = "", bytes = Buffer.alloc(0) } = photos[index] ?? {};
    const name = path.slice(path.lastIndexOf("/") + 1);
    return { filename, name, size, type: contentType, sha256: sha256(bytes) };
  });
}

export const photos_of = (entries: readonly HolidayEntry[]) =>
  entries.flatMap(({ path, bytes, expected }) =>
    expected.outcome === "uploaded" ? [{ path, bytes, type: expected.type }] : [],
  );

const reasons = (entries: readonly HolidayEntry[], outcome: "skipped" | "failed") =>
  entries.flatMap(({ path, expected }) =>
    expected.outcome === outcome ? [{ name: path, reason: expected.reason }] : [],
  );

function show(report: Report, { uploaded, skipped, failed }: UnzipResponse): void {
  report.table(
    [
      { heading: "entry" },
      { heading: "outcome" },
      { heading: "size", align: "right" },
      { heading: "type or reason" },
    ],
    [
      ...uploaded.map(({ name, size, contentType }) => [name, "uploaded", size_text(size), contentType]),
      ...skipped.map(({ name, reason }) => [name, "skipped", "", reason]),
      ...failed.map(({ name, reason }) => [name, "failed", "", reason]),
    ],
  );
}
