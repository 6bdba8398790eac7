/** Uploads that the story did not come to the end of: nothing of them is to stay. */
import { complete_upload_response } from "../../../schemas/complete_upload.ts";
import { json_of } from "../api.ts";
import { all } from "../photo_client.ts";
import type { SignedIn } from "./stage.ts";

/**
 * Cancels the upload if it has not arrived; else gives the filenames of what becomes of it, an archive's once it is
 * extracted. Completing comes first, since what has arrived may be on its way to the photos by itself.
 */
export async function end_upload({ unstoppable, user }: SignedIn, uploadId: string): Promise<string[]> {
  const answer = await user.unstoppable().post("/complete_upload", { uploadId });
  if (answer.status === 409) await unstoppable.cancelUpload(uploadId);
  const completed = complete_upload_response.safeParse(json_of(answer));
  // Not arrived, or refused: nothing is left.
  if (!completed.success) return [];
  if ("filename" in completed.data) return [completed.data.filename];
  const outcomes = await all(unstoppable.follow(completed.data.jobId, { pollInterval: 100 }));
  return outcomes.flatMap((entry) => (entry.outcome === "uploaded" ? [entry.filename] : []));
}
