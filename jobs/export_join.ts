/** The end of an export: the objects of its segments become one archive, within S3. */
import type { ExportKey } from "@photo-uploader/layer";
import {
  abandon_archive,
  begin_archive,
  complete_archive,
  copy_part,
  export_size,
} from "../storage/export_archive.ts";
import type { PhotoStore } from "../storage/photo_store.ts";
import type { Segment } from "./export_segments.ts";
import { in_order } from "./in_order.ts";

/** S3 takes a second or two for each, of some 18 to 68 MiB. */
const COPIES_AT_ONCE = 16;

/** The time that has to be left for joining so many segments: two seconds for each copy, and some for what is around. */
export const join_ms = (segments: number): number => 20_000 + (segments / COPIES_AT_ONCE) * 2_000;

/**
 * Joins the segments to the archive, unless it is there already. Two may be at it at the same time, each with an upload
 * of its own: S3 takes the first, and the other's copies are removed.
 * @param segments all of them
 * @throws where there is no archive afterwards
 */
export async function join_segments(
  store: PhotoStore,
  job: ExportKey,
  segments: readonly Segment[],
  signal: AbortSignal,
): Promise<void> {
  if ((await export_size(store, job, signal)) !== undefined) return;
  const upload = await begin_archive(store, job, signal);
  try {
    const parts = await copied(store, job, upload, segments, signal);
    await complete_archive(store, job, upload, { parts, bytes: segments.at(-1)?.bytes ?? 0 }, signal);
  } catch (error) {
    await abandon_archive(store, job, upload);
    // Another worker was first, or it was completed and only the answer was lost.
    if ((await export_size(store, job, signal)) === undefined) throw error;
  }
}

async function copied(
  store: PhotoStore,
  job: ExportKey,
  upload: string,
  segments: readonly Segment[],
  signal: AbortSignal,
): Promise<{ readonly etag: string; readonly crc32: string }[]> {
  const copy = ([index, segment]: readonly [number, Segment], call_off: AbortSignal) =>
    copy_part(store, job, upload, index + 1, segment, call_off);
  const bounds = { at_once: COPIES_AT_ONCE, weight: segments.length, weigh: () => 1, signal };
  const parts: { readonly etag: string; readonly crc32: string }[] = [];
  for await (const [[, { crc32 }], etag] of in_order(segments.entries(), copy, bounds)) {
    parts.push({ etag, crc32 });
  }
  return parts;
}
