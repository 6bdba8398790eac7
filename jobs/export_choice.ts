/** Makes an export's plan of what it is asked for: looks for the photos, and judges what they add up to. */
import { type ExportKey, parse_filename, timestamp } from "@photo-uploader/layer";
import * as z from "zod/mini";
import {
  type ArchiveLimits,
  directory_record_bytes,
  large_limits,
  most_record_bytes,
} from "../archive/index.ts";
import { type ListedObject, list_photos, type PhotoStore } from "../storage/photo_store.ts";
import { unique_names } from "./export_names.ts";
import type { ExportPlan } from "./export_plan.ts";

/** What an export is asked for. */
export const export_request = z.union([
  z.object({ all: z.literal(true) }),
  z.object({ filenames: z.array(z.string()) }),
]);
export type ExportRequest = z.infer<typeof export_request>;

type ExportLimits = Pick<ArchiveLimits, "entries" | "total_bytes" | "directory_bytes">;

/** The largest export has about a thousand segments, and no segment but the last is smaller than this. */
const SEGMENTS = 1_000;
const SEGMENT_BYTES = 16 * 1024 * 1024;

/**
 * @param limits what the engine of `/unzip` takes, so that an export can be imported again
 * @throws where the photos cannot be listed for the time being
 */
export async function make_export_plan(
  store: PhotoStore,
  { user }: ExportKey,
  request: ExportRequest,
  signal: AbortSignal,
  limits: ExportLimits = large_limits,
): Promise<ExportPlan> {
  const { photos, missing } = await chosen_photos(store, user, request, limits.entries, signal);
  if (photos.length > limits.entries) return { refused: "too_many_photos" };
  const names = unique_names(photos.map(({ name }) => name));
  const named = photos.map((photo, index) => ({ ...photo, path: names[index] ?? photo.name }));
  const { archive, directory } = most_bytes(named);
  if (archive > limits.total_bytes || directory > limits.directory_bytes) {
    return { refused: "export_too_large" };
  }
  return {
    photos: named.map(({ filename, name, size, path }) =>
      path === name ? [filename, size] : [filename, size, path],
    ),
    bytes: photos.reduce((sum, { size }) => sum + size, 0),
    segment_bytes: Math.max(SEGMENT_BYTES, Math.ceil(archive / SEGMENTS)),
    missing,
  };
}

/** Of the whole archive, and of its directory: no more than this, whatever becomes of the photos. */
function most_bytes(files: readonly { readonly path: string; readonly size: number }[]): {
  readonly archive: number;
  readonly directory: number;
} {
  let [archive, directory] = [0, 0];
  for (const file of files) {
    directory += directory_record_bytes(file, archive);
    archive += file.size + most_record_bytes(file.path);
  }
  return { archive, directory };
}

interface Chosen {
  /** Oldest first. */
  readonly photos: readonly ListedObject[];
  readonly missing: string[];
}

async function chosen_photos(
  store: PhotoStore,
  user: string,
  request: ExportRequest,
  most: number,
  signal: AbortSignal,
): Promise<Chosen> {
  if ("filenames" in request) return named_photos(store, user, request.filenames, signal);
  const photos: ListedObject[] = [];
  for (let next: string | undefined = ""; next !== undefined && photos.length <= most; ) {
    const page = await list_photos(store, user, next, signal);
    photos.push(...page.photos);
    next = page.next;
  }
  return { photos, missing: [] };
}

/** Looks for them page by page; what lies between two of them is leapt over. */
async function named_photos(
  store: PhotoStore,
  user: string,
  filenames: readonly string[],
  signal: AbortSignal,
): Promise<Chosen> {
  const wanted = new Set(filenames);
  const found = new Map<string, ListedObject>();
  let reached = "";
  for (const filename of [...wanted]
    .filter((name) => parse_filename(name) !== undefined)
    .sort(in_utf8_order)) {
    if (reached !== "" && in_utf8_order(filename, reached) <= 0) continue;
    const page = await list_photos(store, user, just_before(filename, reached), signal);
    for (const photo of page.photos) if (wanted.has(photo.filename)) found.set(photo.filename, photo);
    if (page.next === undefined) break;
    reached = page.next;
  }
  return {
    photos: [...found.values()],
    missing: [...wanted].filter((filename) => !found.has(filename)),
  };
}

const in_utf8_order = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** The photo's timestamp alone, which comes before its whole filename; or where the page before ended, if that is later. */
function just_before(filename: string, reached: string): string {
  const { uploaded_at } = parse_filename(filename) ?? { uploaded_at: new Date(0) };
  const start = timestamp(uploaded_at);
  return in_utf8_order(start, reached) > 0 ? start : reached;
}
