/** The workers of the extractions: each plans a job, or extracts one shard of it. */
import { parse_task_key, read_environment } from "@photo-uploader/layer";
import { run_task } from "../jobs/task.ts";
import { type NewObject, new_objects } from "../middleware/new_objects.ts";
import type { PhotoStore } from "../storage/photo_store.ts";
import { patient_s3_client } from "../storage/s3.ts";

/** @throws where the task is to come again */
export const extract =
  (store: PhotoStore) =>
  async ({ key, ...attempt }: NewObject): Promise<void> => {
    const task = parse_task_key(key);
    if (task === undefined) throw new Error("An object that is no task has the prefix of tasks.");
    await run_task(store, task, attempt);
  };

const { PHOTOS_BUCKET, DETECT_DUPLICATES } = read_environment("new_photos");

export const handler = new_objects(
  extract({ s3: patient_s3_client(), bucket: PHOTOS_BUCKET, finds_duplicates: DETECT_DUPLICATES }),
);
