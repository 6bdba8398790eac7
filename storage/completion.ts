/** Completes an upload because its client asks for that; whoever does not ask has it done by the queue. */
import { type Problem, problem } from "@photo-uploader/layer";
import { type Admitted, admit, type UploadStore } from "./admission.ts";
import type { Outcome, Refusal } from "./outcome.ts";
import type { Upload } from "./upload_id.ts";
import { join_parts } from "./upload_in_parts.ts";

export interface Completed extends Admitted {
  readonly outcome: Exclude<Outcome, { outcome: "refused" }>;
}

/**
 * Joins the parts, if the upload has any, and admits the file. Done again it finds the same outcome.
 *
 * @throws Problem `upload_incomplete` that says what is missing, `upload_refused` with the reason
 */
export async function complete(
  store: UploadStore,
  user: string,
  upload: Upload,
  signal: AbortSignal,
): Promise<Completed> {
  const { multipart } = upload;
  if (multipart !== undefined) await join_parts(store, { ...upload, user, multipart }, signal);
  const admitted = await admit(store, { user, id: upload.id }, signal);
  if (admitted === undefined) {
    throw problem(
      "upload_incomplete",
      "Nothing has arrived. Send the file; or begin anew, if it was cancelled.",
    );
  }
  const { outcome, first } = admitted;
  if (outcome.outcome === "refused") throw refusal(outcome.reason);
  return { outcome, first };
}

const DETAILS: Readonly<Record<Refusal, string>> = {
  not_an_image: "By its bytes this is no photo of a kind that is kept. Send a JPEG, PNG, HEIC or the like.",
  not_an_archive:
    'By its bytes this is a photo and no archive. Request an upload of the kind "photo" for it.',
  size_mismatch: "The file has not the size that was declared. Begin anew with POST /request_upload.",
  checksum_mismatch: "The file has not the CRC-32 that was declared. Begin anew with POST /request_upload.",
  undeclared: "The file was not declared. Begin anew with POST /request_upload.",
};

/** Why an upload was refused, and what to do. */
export const refusal = (reason: Refusal): Problem => problem("upload_refused", DETAILS[reason], { reason });
