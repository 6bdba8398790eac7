/** What listed photos say of themselves. A listing does not tell it, so S3 is asked of each photo. */
import { http_status, log, type PhotoDetails, photo_key } from "@photo-uploader/layer";
import { all_at_once } from "./all_at_once.ts";
import type { PhotoStore } from "./photo_store.ts";
import { photo_head } from "./present_photo.ts";
import { storage_problem } from "./s3.ts";

/** As many connections as the SDK's client has. */
const AT_ONCE = 50;

/**
 * By the filenames; of a photo that has gone since it was listed, there is nothing. S3 says 403 of that one, as of each where the
 * permission is missing, and the answer to HEAD has no body that would tell which: that is logged.
 */
export async function details_of(
  store: PhotoStore,
  user: string,
  filenames: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, PhotoDetails>> {
  const details = new Map<string, PhotoDetails>();
  let denied = 0;
  const unless_denied = (error: unknown): undefined => {
    if (http_status(error) !== 403) throw storage_problem(error);
    denied += 1;
  };
  await all_at_once(filenames, AT_ONCE, signal, async (filename, until) => {
    const photo = await photo_head(store, photo_key(user, filename), until).catch(unless_denied);
    if (photo !== undefined) details.set(filename, photo);
  });
  if (denied > 0) {
    log.warn("S3 denies photos of a page: they have gone, or this function lacks a permission", { denied });
  }
  return details;
}
