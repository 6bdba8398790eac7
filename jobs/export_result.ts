/** What has become of an export: recorded once, when its archive is there. */
import { type ExportKey, export_result_key } from "@photo-uploader/layer";
import * as z from "zod/mini";
import type { PhotoStore } from "../storage/photo_store.ts";
import { type Dated, read_dated_state, settle_state } from "./state.ts";

const export_result = z.object({
  /** That were asked for. */
  photos: z.number(),
  /** Of the photos that were planned. */
  bytes: z.number(),
  /** Filenames of those that are not in the archive: they were none, or were deleted before they were read. */
  missing: z.array(z.string()),
});
export type ExportResult = z.infer<typeof export_result>;

/** undefined while there is none. */
export const read_export_result = (
  store: PhotoStore,
  job: ExportKey,
  signal: AbortSignal,
): Promise<Dated<ExportResult> | undefined> =>
  read_dated_state(store, export_result_key(job), export_result, signal);

/** Keeps the result unless there is one, and gives back the one that is there then. */
export const settle_export_result = (
  store: PhotoStore,
  job: ExportKey,
  result: ExportResult,
  signal: AbortSignal,
): Promise<ExportResult> => settle_state(store, export_result_key(job), export_result, result, signal);
