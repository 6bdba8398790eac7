/** The workers of the exports: each plans an archive of photos, and writes it as far as its time reaches. */
import { parse_export_task_key, read_environment } from "@photo-uploader/layer";
import { run_export } from "../jobs/export_task.ts";
import { type NewObject, new_objects } from "../middleware/new_objects.ts";
import type { PhotoStore } from "../storage/photo_store.ts";
import { patient_s3_client } from "../storage/s3.ts";

/** @throws where the task is to come again */
export const export_photos =
  (store: PhotoStore) =>
  async ({ key, ...attempt }: NewObject): Promise<void> => {
    const task = parse_export_task_key(key);
    if (task === undefined) throw new Error("An object that is no task has the prefix of tasks.");
    await run_export(store, task, attempt);
  };

const { PHOTOS_BUCKET } = read_environment("photos");

export const handler = new_objects(export_photos({ s3: patient_s3_client(), bucket: PHOTOS_BUCKET }));
