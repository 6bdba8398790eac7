/** Gives a photo its key: one of its own, or that of the same photo where its user has it already. */
import { type NewObject, type PhotoToPlace, type PlacedPhoto, placed_photo } from "@photo-uploader/layer";
import { s3_claims } from "./claims.ts";
import type { PhotoStore } from "./photo_store.ts";
import { photo_at } from "./present_photo.ts";

/**
 * Calls `write` with the key that the photo is to have, if it has to be written.
 *
 * @param otherwise writes a photo of which nothing is compared
 */
export const place_photo = (
  store: PhotoStore,
  photo: PhotoToPlace,
  write: (object: NewObject) => Promise<unknown>,
  otherwise: () => Promise<{ readonly filename: string }>,
  signal: AbortSignal,
): Promise<PlacedPhoto> =>
  placed_photo(
    photo,
    { claims: s3_claims(store, signal), look: (key) => photo_at(store, key, signal) },
    write,
    otherwise,
  );
