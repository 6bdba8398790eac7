/** The story that the demo tells: everything that a client does with the API, on real photos. */
import { ProblemError } from "../../client/index.ts";
import { UnexpectedAnswer } from "./api.ts";
import { delete_photo } from "./steps/delete.ts";
import { download_photos } from "./steps/download.ts";
import { extract_large_archive } from "./steps/large_archive.ts";
import { upload_large_photo } from "./steps/large_photo.ts";
import { list_photos } from "./steps/list.ts";
import { be_another_user } from "./steps/other_user.ts";
import { sign_in } from "./steps/sign_in.ts";
import type { SignedInStage, Stage } from "./steps/stage.ts";
import { delete_stored, show_stored } from "./steps/stored.ts";
import { unzip_holiday } from "./steps/unzip.ts";
import { be_refused, upload_photos } from "./steps/upload.ts";

const STEPS: readonly ((stage: SignedInStage) => Promise<void>)[] = [
  upload_photos,
  be_refused,
  upload_large_photo,
  unzip_holiday,
  extract_large_archive,
  list_photos,
  // Before the downloads, which show that nothing was lost by it.
  be_another_user,
  download_photos,
  delete_photo,
  show_stored,
];

/** Tells of everything that is off in the report, and ends early where it cannot go on. Never rejects. */
export async function tell_story(stage: Stage, { keep }: { readonly keep: boolean }): Promise<void> {
  await told(stage, async () => {
    const signed_in: SignedInStage = { ...stage, ...(await sign_in(stage)), stored: [], begun: new Set() };
    await told(stage, async () => {
      for (const step of STEPS) await step(signed_in);
    });
    if (!keep) await delete_stored(signed_in);
  });
}

async function told({ report, stop }: Stage, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (stop?.aborted) report.line("Interrupted.");
    else if (error instanceof UnexpectedAnswer) report.fail(error.message, error.came, error.expected);
    else if (error instanceof ProblemError)
      report.fail("the demo could not go on", `${error.status} ${error.message}`, "a success");
    else report.fail("the demo could not go on", reason(error), "an answer");
  }
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? `: ${error.cause.message}` : "";
  return `${error.name}: ${error.message}${cause}`;
}
