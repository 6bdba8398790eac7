/** An archive is unpacked: every photo in it is stored, and every other entry is named with the reason. */
import type { EntryOutcome } from "../../../client/index.ts";
import { type HolidayEntry, holiday_entries, zip_entries } from "../holiday_archive.ts";
import { size_text } from "../output.ts";
import { all, file_of } from "../photo_client.ts";
import type { Report } from "../report.ts";
import { sha256 } from "../sha256.ts";
import { with_progress } from "./send.ts";
import type { SignedInStage, StoredPhoto } from "./stage.ts";

export async function unzip_holiday(stage: SignedInStage): Promise<void> {
  const { client, report, stored } = stage;
  report.heading("Unpacking an archive");
  const entries = holiday_entries();
  const archive = file_of({ name: "Holiday.zip", bytes: zip_entries(entries) });
  const outcomes = await with_progress(stage, archive.name, (onProgress) =>
    all(client.unzip(archive, { onProgress })),
  );
  stored.push(...stored_photos(outcomes, entries));
  show(report, outcomes);
  report.check(
    "the photos are stored, both of the two with one name among them",
    uploaded(outcomes).map(({ name, size, contentType }) => [name, size, contentType]),
    photos_of(entries).map(({ path, bytes, type }) => [path, bytes.byteLength, type]),
  );
  report.check(
    "folders, system files and a text are skipped, each by name",
    left_out(outcomes, "skipped"),
    reasons(entries, "skipped"),
  );
  report.check(
    "an empty file and a way out of the folder fail, each by name",
    left_out(outcomes, "failed"),
    reasons(entries, "failed"),
  );
}

export const uploaded = (outcomes: readonly EntryOutcome[]) =>
  outcomes.flatMap((entry) => (entry.outcome === "uploaded" ? [entry] : []));

const left_out = (outcomes: readonly EntryOutcome[], outcome: "skipped" | "failed") =>
  outcomes.flatMap((entry) =>
    entry.outcome === outcome && "reason" in entry ? [{ name: entry.name, reason: entry.reason }] : [],
  );

/** The outcomes have the order of the archive; with one name twice, only that tells which is which. */
export function stored_photos(
  outcomes: readonly EntryOutcome[],
  entries: readonly HolidayEntry[],
): StoredPhoto[] {
  const photos = photos_of(entries);
  return uploaded(outcomes).map(({ filename, size, contentType }, index) => {
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

function show(report: Report, outcomes: readonly EntryOutcome[]): void {
  report.table(
    [
      { heading: "entry" },
      { heading: "outcome" },
      { heading: "size", align: "right" },
      { heading: "type or reason" },
    ],
    outcomes.map((entry) =>
      entry.outcome === "uploaded"
        ? [entry.name, entry.outcome, size_text(entry.size), entry.contentType]
        : [entry.name, entry.outcome, "", entry.reason],
    ),
  );
}
