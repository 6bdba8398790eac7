/** Objects that are written once: of many writers the first one's stays. */
import { setTimeout } from "node:timers/promises";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { is_named } from "@photo-uploader/layer";
import type { PhotoStore } from "./photo_store.ts";
import { storage_problem } from "./s3.ts";

/** How often, and milliseconds apart, a key is tried that others are writing to at this moment. */
const TRIES = 10;
const CONFLICT_MS = 50;

/** @returns false where the object is there already; its own, too, where the answer to a first try was lost */
export async function write_once(
  { s3, bucket }: PhotoStore,
  key: string,
  json: string,
  abortSignal: AbortSignal,
): Promise<boolean> {
  // Of an empty text the SDK would not know the length.
  const object = { Bucket: bucket, Key: key, Body: Buffer.from(json), ContentType: "application/json" };
  for (let attempt = 1; ; attempt += 1) {
    try {
      await s3.send(new PutObjectCommand({ ...object, IfNoneMatch: "*" }), { abortSignal });
      return true;
    } catch (error) {
      if (is_named(error, "PreconditionFailed")) return false;
      if (!is_named(error, "ConditionalRequestConflict") || attempt === TRIES) throw storage_problem(error);
      await setTimeout(Math.random() * CONFLICT_MS);
    }
  }
}
