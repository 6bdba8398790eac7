/** Where the entries of an archive go: each becomes a photo of its own in S3, or is told why not. */
import { type NewObject, write_new_photo } from "@photo-uploader/layer";
import type { ArchiveEntry, EntrySink, Written } from "../archive/index.ts";
import { image_type, SNIFFED_BYTES } from "./image_type.ts";
import { PART_BYTES, upload_object } from "./object_upload.ts";
import type { PhotoStore } from "./photo_store.ts";
import { storage_problem } from "./s3.ts";

export interface StoredEntry {
  readonly filename: string;
  /** Bytes. */
  readonly size: number;
  /** As sniffed from the bytes. */
  readonly content_type: string;
}

export type SinkReason = "not_an_image" | "empty_file" | "storage_refused" | "storage_unavailable";

/**
 * Takes an entry whole before it writes, so that what fails its size or CRC-32 is never sent, and a write that finds
 * its key taken can be repeated. Memory is bounded by the archive's limit on inflated bytes in all.
 */
export const photo_sink = (store: PhotoStore, user: string): EntrySink<StoredEntry, SinkReason> => ({
  write: async (entry, bytes, signal) => {
    const photo = await read_photo(bytes);
    if (typeof photo === "string") {
      return { outcome: photo === "empty_file" ? "failed" : "skipped", reason: photo };
    }
    return write_photo(store, user, entry, photo, signal);
  },
});

interface Photo {
  readonly whole: Buffer;
  readonly content_type: string;
}

/** Reads an entry to its end, or to where it is seen to be no photo. */
async function read_photo(bytes: AsyncIterable<Uint8Array>): Promise<Photo | "not_an_image" | "empty_file"> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  let content_type: string | undefined;
  for await (const chunk of bytes) {
    chunks.push(chunk);
    length += chunk.byteLength;
    if (content_type === undefined && length >= SNIFFED_BYTES) {
      content_type = await image_type(Buffer.concat(chunks));
      if (content_type === undefined) return "not_an_image";
    }
  }
  if (length === 0) return "empty_file";
  const whole = Buffer.concat(chunks);
  content_type ??= await image_type(whole);
  return content_type === undefined ? "not_an_image" : { whole, content_type };
}

async function write_photo(
  { s3, bucket }: PhotoStore,
  user: string,
  entry: ArchiveEntry,
  { whole, content_type }: Photo,
  signal: AbortSignal,
): Promise<Written<StoredEntry, SinkReason>> {
  const write = (object: NewObject): Promise<void> =>
    upload_object(
      s3,
      {
        Bucket: bucket,
        Body: whole,
        ContentType: content_type,
        ...object,
        ...(whole.byteLength < PART_BYTES && { ChecksumCRC32: base64_of(entry.crc32) }),
      },
      signal,
    );
  try {
    const { filename } = await write_new_photo(user, entry.path, write);
    return { outcome: "stored", value: { filename, size: whole.byteLength, content_type } };
  } catch (error) {
    if (signal.aborted) throw error;
    const { code, cause } = storage_problem(error);
    const reason = code === "storage_refused" ? code : "storage_unavailable";
    // The SDK has tried three times by now; the next entry would fare no better.
    return { outcome: "failed", reason, error: cause, fatal: true };
  }
}

/**
 * The directory's CRC-32 as S3 takes it, big-endian in base64: S3 then refuses any other content. Only where the
 * photo is one part, since lib-storage would send it along with every part of several.
 */
function base64_of(crc32: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc32);
  return bytes.toString("base64");
}
