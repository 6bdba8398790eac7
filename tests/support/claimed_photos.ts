/** A storage of photos and claims in memory, with a clock that the test moves, of which every request can be held up. */
import type { Claim, Claims } from "../../layer/claimed_photo.ts";
import type { NewObject } from "../../layer/new_photo.ts";
import { type PresentPhoto, present_photo } from "../../layer/photo_metadata.ts";
import type { Look } from "../../layer/photo_once.ts";

export interface MemoryStorage {
  readonly photos: Map<string, PresentPhoto & { readonly original_name: string | undefined }>;
  readonly claims: Map<string, { readonly claim: Claim; readonly etag: string; readonly at: number }>;
  /** Milliseconds. */
  now: number;
}

export const memory_storage = (): MemoryStorage => ({ photos: new Map(), claims: new Map(), now: 1_000_000 });

/** Runs before a request is carried out, and behind it, when its answer is on its way; throws for a process that has ended. */
export type Step = (request: string) => Promise<void>;

export const s3_error = (name: string): Error => Object.assign(new Error("As S3 words it."), { name });

/** What one worker has of it. */
export function worker_of(storage: MemoryStorage, step: Step) {
  const { photos, claims: kept } = storage;
  const claims: Claims = {
    read: async (key) => {
      await step("read claim");
      const found = kept.get(key);
      await step("claim read");
      return found && { ...found.claim, etag: found.etag, claimed_at: new Date(found.at) };
    },
    write: async (key, claim, etag) => {
      await step("write claim");
      const holds = kept.get(key)?.etag === etag;
      if (holds) {
        versions += 1;
        kept.set(key, { claim, etag: `e${versions}`, at: storage.now });
      }
      await step("claim written");
      return holds;
    },
  };
  const look: Look = async (key) => {
    await step("look");
    const found = photos.get(key);
    await step("looked");
    return found;
  };
  const write = async ({ Key, Metadata }: NewObject): Promise<void> => {
    await step("write photo");
    const taken = photos.has(Key);
    const original_name = Metadata["original-name"];
    if (!taken) photos.set(Key, { ...present_photo({ Metadata, ContentLength: 5 }), original_name });
    await step("photo written");
    if (taken) throw s3_error("PreconditionFailed");
  };
  return { claims, look, write };
}

let versions = 0;
