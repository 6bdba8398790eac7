/**
 * The keys of exports. An export has an id like an upload's, under which `/job` knows it.
 *
 *     .export_tasks/<user>/<id>/plan            asks for an export, and says of which photos
 *     .export_tasks/<user>/<id>/<segment>       asks for the rest of it, from this segment on; six digits
 *     .exports/<user>/<id>/plan                 which photos, in which order, under which names; or why none
 *     .exports/<user>/<id>/parts/<segment>_<random>    the bytes of a segment, as one worker has written them
 *     .exports/<user>/<id>/segments/<segment>   what the segment holds, and which of the parts it is
 *     .exports/<user>/<id>/result               what has become of the export
 *     .exports/<user>/<id>/photos.zip           the archive
 *
 * All are written once.
 */
import { parse_user_segment, user_segment } from "./photo_keys.ts";
import { is_upload_id, new_upload_id, type UploadKey } from "./upload_keys.ts";

export type ExportKey = UploadKey;

/** What a worker is asked for: to plan, or to go on from a segment, from 0. */
export interface ExportTask {
  readonly job: ExportKey;
  readonly part: "plan" | number;
}

const TASKS = ".export_tasks/";

const SEGMENT_DIGITS = 6;

const part_name = (part: ExportTask["part"]): string =>
  part === "plan" ? part : String(part).padStart(SEGMENT_DIGITS, "0");

export const export_task_key = ({ job: { user, id }, part }: ExportTask): string =>
  `${TASKS}${user_segment(user)}/${id}/${part_name(part)}`;

/** Reads a key; undefined for any text that `export_task_key` cannot have made. */
export function parse_export_task_key(key: string): ExportTask | undefined {
  if (!key.startsWith(TASKS)) return undefined;
  const [segment = "", id = "", name = "", ...more] = key.slice(TASKS.length).split("/");
  const user = parse_user_segment(segment);
  if (user === undefined || !is_upload_id(id) || !/^(plan|\d{6})$/.test(name) || more.length > 0) {
    return undefined;
  }
  return { job: { user, id }, part: name === "plan" ? name : Number(name) };
}

const export_prefix = ({ user, id }: ExportKey): string => `.exports/${user_segment(user)}/${id}/`;

export const export_plan_key = (job: ExportKey): string => `${export_prefix(job)}plan`;

/** Of a segment's bytes: no worker has the same name twice, nor another worker's. */
export const new_part_name = (segment: number): string => `${part_name(segment)}_${new_upload_id()}`;

/** @param name of `new_part_name` */
export const export_part_key = (job: ExportKey, name: string): string => `${export_prefix(job)}parts/${name}`;

export const export_segments_prefix = (job: ExportKey): string => `${export_prefix(job)}segments/`;

export const export_segment_key = (job: ExportKey, segment: number): string =>
  `${export_segments_prefix(job)}${part_name(segment)}`;

export const export_result_key = (job: ExportKey): string => `${export_prefix(job)}result`;

export const export_archive_key = (job: ExportKey): string => `${export_prefix(job)}photos.zip`;
