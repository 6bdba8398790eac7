/** Uploads that the story did not come to the end of: nothing of them is to stay. */
import { complete_upload_response } from "../../../schemas/complete_upload.ts";
import { type Api, json_of } from "../api.ts";
import { follow_job } from "../job.ts";

/**
 * Cancels the upload if it has not arrived; else gives the filenames of what becomes of it, an archive's once it is
 * extracted. Completing comes first, since what has arrived may be on its way to the photos by itself.
 */
export async function end_upload(user: Api, uploadId: string): Promise<string[]> {
  const answer = await user.post("/complete_upload", { uploadId });
  if (answer.status === 409) await user.post("/cancel_upload", { uploadId });
  const completed = complete_upload_response.safeParse(json_of(answer));
  // Not arrived, or refused: nothing is left.
  if (!completed.success) return [];
  if ("filename" in completed.data) return [completed.data.filename];
  const { outcomes } = await follow_job(user, completed.data.jobId);
  return outcomes.flatMap((entry) => (entry.outcome === "uploaded" ? [entry.filename] : []));
}
