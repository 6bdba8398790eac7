/** The end of the demo: what is stored, and its removal from a stack that runs on. */
import { ProblemError } from "../../../client/index.ts";
import { size_text } from "../output.ts";
import { all, refusal } from "../photo_client.ts";
import { end_upload } from "./begun.ts";
import type { SignedInStage } from "./stage.ts";

/** A table of the demo's photos, newest first. */
export async function show_stored({ client, report, stored }: SignedInStage): Promise<void> {
  report.heading("What is stored");
  const photos = await all(client.list());
  const rows = photos.flatMap(({ filename, size, uploadedAt }) => {
    const photo = stored.find((own) => own.filename === filename);
    return photo ? [[filename, size_text(size), photo.type, uploadedAt]] : [];
  });
  report.table(
    [
      { heading: "filename" },
      { heading: "size", align: "right" },
      { heading: "type" },
      { heading: "uploaded at" },
    ],
    rows,
  );
  const others = photos.length - rows.length;
  report.check(`${count(rows.length)} of the demo`, rows.length, stored.length);
  if (others > 0) report.line(`  and ${count(others)} of other uploads, which the demo leaves alone`);
}

/** Works on when the demo is told to stop. A photo that somebody else has deleted meanwhile is as good. */
export async function delete_stored(stage: SignedInStage): Promise<void> {
  const { unstoppable, report, stored } = stage;
  report.heading("Cleaning up");
  const filenames = [...stored.map(({ filename }) => filename), ...(await end_uploads(stage))];
  const left: string[] = [];
  for (const filename of filenames) {
    const outcome = await refusal(unstoppable.delete(filename));
    if (outcome !== "accepted" && outcome !== "404 photo_not_found") left.push(filename);
  }
  report.check(`${count(filenames.length)} of the demo deleted (with --keep they stay)`, left, []);
}

/** What has become of the uploads that had arrived; where that is not told, the report says so. */
async function end_uploads(stage: SignedInStage): Promise<string[]> {
  const filenames: string[] = [];
  for (const uploadId of stage.begun) {
    try {
      filenames.push(...(await end_upload(stage, uploadId)));
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      stage.report.fail("an upload is ended", error.message, "a success");
    }
  }
  return filenames;
}

const count = (photos: number): string => `${photos} ${photos === 1 ? "photo" : "photos"}`;
