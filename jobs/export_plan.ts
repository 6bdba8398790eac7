/** An export's plan: which photos, in which order, and under which names; frozen once, or refused. */
import { type ExportKey, export_plan_key } from "@photo-uploader/layer";
import * as z from "zod/mini";
import type { PhotoStore } from "../storage/photo_store.ts";
import { type Dated, read_dated_state, settle_state } from "./state.ts";

/** Filename, bytes, and the name in the archive where that is not the photo's own. */
const planned_photo = z.union([
  z.tuple([z.string(), z.number()]),
  z.tuple([z.string(), z.number(), z.string()]),
]);

const export_plan = z.union([
  z.object({
    photos: z.array(planned_photo),
    /** Of all photos. */
    bytes: z.number(),
    /** About so large is a segment of the archive. */
    segment_bytes: z.number(),
    /** Filenames that were asked for and are none of the user's. */
    missing: z.array(z.string()),
  }),
  /** `too_many_photos` or `export_too_large`. */
  z.object({ refused: z.string() }),
]);
export type ExportPlan = z.infer<typeof export_plan>;
export type PlannedExport = Exclude<ExportPlan, { refused: string }>;

/** undefined where none has been made yet. */
export const read_export_plan = (
  store: PhotoStore,
  job: ExportKey,
  signal: AbortSignal,
): Promise<Dated<ExportPlan> | undefined> =>
  read_dated_state(store, export_plan_key(job), export_plan, signal);

/** Keeps the plan unless there is one, and gives back the one that is there then. */
export const settle_export_plan = (
  store: PhotoStore,
  job: ExportKey,
  made: ExportPlan,
  signal: AbortSignal,
): Promise<ExportPlan> => settle_state(store, export_plan_key(job), export_plan, made, signal);
