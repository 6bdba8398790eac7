/** What an export's worker leaves to be done. */
import { ListObjectsV2Command, type S3Client } from "@aws-sdk/client-s3";
import {
  type ExportKey,
  type ExportTask,
  export_task_key,
  parse_export_task_key,
} from "../../layer/export_keys.ts";

/** The next task that is not in `done`, which it joins then; undefined where there is none. */
export async function next_task(
  s3: S3Client,
  bucket: string,
  job: ExportKey,
  done: Set<string>,
): Promise<ExportTask | undefined> {
  const plan = export_task_key({ job, part: "plan" });
  const Prefix = plan.slice(0, -"plan".length);
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix }));
  const key = Contents.map(({ Key = "" }) => Key).find((one) => one !== plan && !done.has(one));
  if (key === undefined) return undefined;
  done.add(key);
  return parse_export_task_key(key);
}
