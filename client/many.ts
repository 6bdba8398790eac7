/** What is asked of many photos at a time: as many requests as it takes, one after the other. */
import type { Api } from "./api.ts";
import type { AnswerOf, RequestOf, Schemas } from "./api_schemas.ts";
import type { SignalOption } from "./patience.ts";
import { ConnectionError, ProblemError } from "./problem_error.ts";

type OutcomesOf<Answer> =
  Extract<Answer, { outcomes: unknown }> extends { outcomes: (infer One)[] } ? One : never;

/** What has become of a photo that was to be deleted. */
export type DeletionOutcome = OutcomesOf<AnswerOf<"/delete">> | Undone;
/** What has become of a photo that was to be brought back. */
export type RestorationOutcome = OutcomesOf<AnswerOf<"/restore">> | Undone;

/** A photo that may be there already; `checksum` is its SHA-256, as `checksumOf` gives it. */
export type PhotoToCheck = RequestOf<"/check">["photos"][number];
/** The same; where `duplicate` is set it need not be sent, and is there as `filename`. */
export type CheckedPhoto = Schemas["CheckResponse"]["photos"][number];

const MOST_FILES = 1_000;

/**
 * An outcome for each file, in their order. Where a later request than the first fails, what is known stays known: its files
 * have `failed` with the code of the problem, or `no_answer`, and those behind them `not_attempted`.
 *
 * @throws ProblemError or ConnectionError of the first request, or the signal's reason
 */
export async function delete_photos(
  api: Api,
  files: readonly string[],
  { signal }: SignalOption,
): Promise<DeletionOutcome[]> {
  return each_outcome<DeletionOutcome>(files, async (some) => {
    const answer = await api.post("/delete", { files: some }, { repeatable: false, signal });
    return "outcomes" in answer ? answer.outcomes : [];
  });
}

/** @throws as `delete_photos` */
export async function restore_photos(
  api: Api,
  files: readonly string[],
  { signal }: SignalOption,
): Promise<RestorationOutcome[]> {
  return each_outcome<RestorationOutcome>(files, async (some) => {
    const answer = await api.post("/restore", { files: some }, { repeatable: true, signal });
    return "outcomes" in answer ? answer.outcomes : [];
  });
}

/** What both have, of a file of which nothing better is known. */
type Undone = { file: string; outcome: "failed"; code: string } | { file: string; outcome: "not_attempted" };

/** What a request had no time for is asked for again, unless nothing was done at all. */
async function each_outcome<Outcome extends { file: string; outcome: string }>(
  files: readonly string[],
  ask: (files: string[]) => Promise<readonly Outcome[]>,
): Promise<(Outcome | Undone)[]> {
  const outcomes = new Map<string, Outcome | Undone>();
  const waiting = [...new Set(files)];
  while (waiting.length > 0) {
    const some = waiting.splice(0, MOST_FILES);
    let answered: readonly Outcome[];
    try {
      answered = await ask(some);
    } catch (error) {
      const code = code_of(error);
      if (code === undefined || outcomes.size === 0) throw error;
      for (const file of some) outcomes.set(file, { file, outcome: "failed", code });
      for (const file of waiting) outcomes.set(file, { file, outcome: "not_attempted" });
      break;
    }
    for (const outcome of answered) outcomes.set(outcome.file, outcome);
    const left = answered.filter(({ outcome }) => outcome === "not_attempted").map(({ file }) => file);
    const undone = answered.filter(({ outcome }) => outcome === "not_attempted" || outcome === "failed");
    if (undone.length < answered.length) waiting.unshift(...left);
  }
  return files.flatMap((file) => outcomes.get(file) ?? []);
}

const code_of = (error: unknown): string | undefined => {
  if (error instanceof ProblemError) return error.code;
  return error instanceof ConnectionError ? "no_answer" : undefined;
};

const MOST_CHECKED = 250;
/** The API reads 65,536; the rest is for the braces around it. */
const MOST_CHARACTERS = 65_000;

/** @throws ProblemError, ConnectionError, or the signal's reason */
export async function check_photos(
  api: Api,
  photos: readonly PhotoToCheck[],
  { signal }: SignalOption,
): Promise<CheckedPhoto[]> {
  const checked: CheckedPhoto[] = [];
  for (const some of batches(photos)) {
    const answer = await api.post("/check", { photos: some }, { repeatable: true, signal });
    checked.push(...answer.photos);
  }
  return checked;
}

function* batches(photos: readonly PhotoToCheck[]): Generator<PhotoToCheck[]> {
  let batch: PhotoToCheck[] = [];
  let characters = 0;
  for (const photo of photos) {
    const length = JSON.stringify(photo).length + 1;
    if (batch.length === MOST_CHECKED || characters + length > MOST_CHARACTERS) {
      yield batch;
      batch = [];
      characters = 0;
    }
    batch.push(photo);
    characters += length;
  }
  if (batch.length > 0) yield batch;
}

/** The SHA-256 of a photo, for `check`. The whole file is read into memory, and a page needs HTTPS, or localhost. */
export async function checksumOf(photo: Blob): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", await photo.arrayBuffer());
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
