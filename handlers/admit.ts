/** Behind the queue of admissions: what has been uploaded is admitted, whether or not its client ever asks for it. */
import { log, parse_quarantine_key, read_environment } from "@photo-uploader/layer";
import { type NewObject, new_objects } from "../middleware/new_objects.ts";
import { admit, type UploadStore, upload_store } from "../storage/admission.ts";

/** @throws where the message is to come again */
export const admit_new =
  (store: UploadStore) =>
  async ({ key, signal }: NewObject): Promise<void> => {
    const upload = parse_quarantine_key(key);
    if (upload === undefined) throw new Error("An object that is no upload is in the quarantine.");
    const admitted = await admit(store, upload, signal);
    if (admitted === undefined) return log.info("upload has gone");
    const { outcome, first } = admitted;
    const duplicate = outcome.outcome === "photo" && outcome.duplicate;
    const reason = outcome.outcome === "refused" ? outcome.reason : undefined;
    log.info("upload admitted", { outcome: outcome.outcome, reason, duplicate, first });
  };

const { PHOTOS_BUCKET, DETECT_DUPLICATES } = read_environment("new_photos");

export const handler = new_objects(admit_new(upload_store(PHOTOS_BUCKET, DETECT_DUPLICATES)));
