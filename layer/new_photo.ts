/** Gives a new photo a key of its own: timestamps that never repeat, and writes that never overwrite. */
import { setTimeout } from "node:timers/promises";
import { is_named } from "./aws_error.ts";
import { clean_name, photo_filename, photo_key } from "./photo_keys.ts";
import { type PhotoFacts, type PhotoMetadata, photo_metadata } from "./photo_metadata.ts";

/** Each try takes another millisecond; more than this at once for one user and one name is no accident. */
const TRIES = 100;

/** The longest pause before a key is tried that others are writing to at this moment. */
const CONFLICT_MS = 50;

let last = 0;

/** The present time in whole milliseconds, later than every time this process has been given before. */
export function next_time(now: number = Date.now()): Date {
  last = Math.max(now, last + 1);
  return new Date(last);
}

/** What every write of a photo has in common; spread into the parameters of the S3 command. */
export interface NewObject {
  readonly Key: string;
  /** Refused with 412 where the key exists: nothing is ever overwritten. */
  readonly IfNoneMatch: "*";
  readonly Metadata: PhotoMetadata;
}

export interface NewPhoto {
  readonly filename: string;
  /** The cleaned name. */
  readonly name: string;
  readonly uploaded_at: Date;
}

/**
 * Calls `write` with a key that is likely to be free, and again with the next timestamp where S3 says that it is
 * taken (412 PreconditionFailed) or being written by someone else (409 ConditionalRequestConflict).
 */
export async function write_new_photo(
  user: string,
  original_name: string,
  write: (object: NewObject) => Promise<unknown>,
  facts?: PhotoFacts,
): Promise<NewPhoto> {
  for (let attempt = 1; ; attempt += 1) {
    const uploaded_at = next_time();
    const filename = photo_filename(uploaded_at, original_name);
    try {
      await write({
        Key: photo_key(user, filename),
        IfNoneMatch: "*",
        Metadata: photo_metadata(original_name, facts),
      });
      return { filename, name: clean_name(original_name), uploaded_at };
    } catch (error) {
      if (attempt === TRIES || !key_is_taken(error)) throw error;
      if (is_named(error, BEING_WRITTEN)) await setTimeout(Math.random() * CONFLICT_MS);
    }
  }
}

const TAKEN = "PreconditionFailed";
const BEING_WRITTEN = "ConditionalRequestConflict";

const key_is_taken = (error: unknown): boolean => is_named(error, TAKEN) || is_named(error, BEING_WRITTEN);
