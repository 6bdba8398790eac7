/** Writes a photo once, however often and by however many at a time it is tried: what a queue delivers, it may deliver again. */
import { setTimeout } from "node:timers/promises";
import { is_named } from "./aws_error.ts";
import type { NewObject } from "./new_photo.ts";
import { photo_filename, photo_key } from "./photo_keys.ts";
import { type PhotoFacts, type PresentPhoto, photo_metadata } from "./photo_metadata.ts";

/** Of what a photo is, and what its key is made of: the same at every try. */
export interface Origin {
  /** Of which upload it is, and of which of its entries; ASCII. The photo has it in its metadata. */
  readonly id: string;
  /** Timestamps: one after the other is tried, as long as other photos have the keys. */
  readonly times: Iterable<Date>;
}

/** Looks what is under a key; undefined where nothing is. */
export type Look = (key: string) => Promise<PresentPhoto | undefined>;

/** How often one key is tried that is being written to, or whose photo goes, at this very moment. */
const TRIES = 20;

/** The longest pause before such a key is tried again. */
const CONFLICT_MS = 200;

/**
 * Calls `write` with the key of the first time that no other photo has. That the key is taken may be our own doing:
 * another worker's, or that of an earlier try whose answer was lost. Such a photo is the one that was to be written.
 *
 * A photo that its user deletes before the last try of its origin has ended comes back.
 */
export async function write_photo_once(
  user: string,
  original_name: string,
  { id, times }: Origin,
  write: (object: NewObject) => Promise<unknown>,
  look: Look,
  facts?: PhotoFacts,
): Promise<{ readonly filename: string }> {
  const Metadata = photo_metadata(original_name, facts, id);
  for (const time of times) {
    const filename = photo_filename(time, original_name);
    const object: NewObject = { Key: photo_key(user, filename), IfNoneMatch: "*", Metadata };
    if (await has_key(object, id, write, look)) return { filename };
  }
  throw new Error("other photos have every key that this one could have");
}

/** Whether the photo is under this key now; false where another photo is. */
async function has_key(
  object: NewObject,
  id: string,
  write: (object: NewObject) => Promise<unknown>,
  look: Look,
): Promise<boolean> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await write(object);
      return true;
    } catch (error) {
      const taken = is_named(error, "PreconditionFailed");
      if (attempt === TRIES || !(taken || is_named(error, "ConditionalRequestConflict"))) throw error;
      const there = taken ? await look(object.Key) : undefined;
      if (there !== undefined) return there.origin === id;
      await setTimeout(Math.random() * CONFLICT_MS);
    }
  }
}

/** The photo of an origin, if it has been written. */
export async function find_photo_once(
  user: string,
  original_name: string,
  { id, times }: Origin,
  look: Look,
): Promise<(PresentPhoto & { readonly filename: string }) | undefined> {
  for (const time of times) {
    const filename = photo_filename(time, original_name);
    const there = await look(photo_key(user, filename));
    if (there === undefined) return undefined;
    if (there.origin === id) return { ...there, filename };
  }
  return undefined;
}
