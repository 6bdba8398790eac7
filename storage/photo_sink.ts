/** Where the entries of an archive go: each becomes a photo of its own in S3, or is told why not. */
import { Readable } from "node:stream";
import {
  is_compared,
  type NewObject,
  type PhotoFacts,
  type PlacedPhoto,
  sha256_of,
  sha256_of_stream,
  write_new_photo,
} from "@photo-uploader/layer";
import { type ArchiveEntry, ArchiveError, type EntrySink, type Written } from "../archive/index.ts";
import { tail_keeper } from "./file_ends.ts";
import { image_type, SNIFFED_BYTES } from "./image_type.ts";
import { upload_object } from "./object_upload.ts";
import { type PhotoToRead, photo_details, whole_photo_details } from "./photo_details.ts";
import type { PhotoStore } from "./photo_store.ts";
import { place_photo } from "./placing.ts";
import { storage_problem } from "./s3.ts";
import { sidecars_among } from "./takeout.ts";

export interface StoredEntry {
  readonly filename: string;
  /** Bytes. */
  readonly size: number;
  /** As sniffed from the bytes. */
  readonly content_type: string;
  /** There where the user had the photo already. */
  readonly duplicate?: true;
}

export type SinkReason =
  | "not_an_image"
  /** By Google Takeout, of a photo in this archive or another. */
  | "sidecar"
  | "empty_file"
  | "storage_refused"
  | "storage_unavailable";

/** Calls `write` with the key that an entry's photo is to have, if it has to be written. */
export type Placing = (
  entry: ArchiveEntry,
  facts: PhotoFacts,
  write: (object: NewObject) => Promise<unknown>,
  signal: AbortSignal,
) => Promise<PlacedPhoto>;

/** Up to here the archive engine gives an entry as one chunk, once it has been checked. */
export const WHOLE_BYTES = 8 * 1024 * 1024;

/**
 * Entries up to `WHOLE_BYTES` are written by one PutObject, which the SDK can send again; larger ones are streamed in
 * parts. Either way S3 is given the directory's CRC-32 and refuses anything else, the engine holds back the last chunk
 * until the bytes are right, and nothing is there before all is. Where duplicates are looked for, larger ones are read
 * twice: their SHA-256 has to be known before the first byte is written.
 *
 * @param entries of the archive: where a photo does not say when it was taken, a sidecar among them may
 * @param place as a new photo of the user, unless told
 */
export const photo_sink = (
  store: PhotoStore,
  user: string,
  entries: readonly ArchiveEntry[] = [],
  place: Placing = (entry, facts, write, signal) =>
    place_photo(
      store,
      { user, original_name: entry.path, facts },
      write,
      () => write_new_photo(user, entry.path, write, facts),
      signal,
    ),
): EntrySink<StoredEntry, SinkReason> => {
  const sidecars = sidecars_among(entries);
  return {
    write: async (entry, bytes, signal, read_other) => {
      if (entry.size === 0) return { outcome: "failed", reason: "empty_file" };
      const opened = await open_entry(bytes);
      // At once, as the window of the archive that it was in may be let go by now.
      if (sidecars.note(entry, opened.head)) return { outcome: "skipped", reason: "sidecar" };
      const content_type = await image_type(opened.head);
      if (content_type === undefined) return { outcome: "skipped", reason: "not_an_image" };
      const time_elsewhere = () => sidecars.taken_at(entry, read_other);
      return write_photo(store, place, entry, bytes, { ...opened, content_type, time_elsewhere }, signal);
    },
  };
};

interface OpenEntry {
  /** `SNIFFED_BYTES` or more, or all of a smaller one. */
  readonly head: Uint8Array;
  /** From the first byte. */
  readonly chunks: AsyncGenerator<Uint8Array, void, undefined>;
}

interface PhotoToWrite extends OpenEntry {
  readonly content_type: string;
  /** When it was taken, where its bytes do not say it. */
  readonly time_elsewhere: () => Promise<string | undefined>;
}

/** Reads as much of an entry as is needed to see what it is. */
async function open_entry(bytes: AsyncIterable<Uint8Array>): Promise<OpenEntry> {
  const iterator = bytes[Symbol.asyncIterator]();
  const first: Uint8Array[] = [];
  let length = 0;
  for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
    first.push(next.value);
    length += next.value.byteLength;
    if (length >= SNIFFED_BYTES) break;
  }
  const head = joined(first);
  return { head, chunks: all_chunks(first, iterator) };
}

async function* all_chunks(
  first: Uint8Array[],
  rest: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  yield* first.splice(0);
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
}

async function write_photo(
  store: PhotoStore,
  place: Placing,
  entry: ArchiveEntry,
  bytes: AsyncIterable<Uint8Array>,
  { content_type, head, chunks, time_elsewhere }: PhotoToWrite,
  signal: AbortSignal,
): Promise<Written<StoredEntry, SinkReason>> {
  const { size } = entry;
  const whole = size <= WHOLE_BYTES ? await collected(chunks) : undefined;
  let unread = true;
  const first_chunks = (): AsyncIterable<Uint8Array> => {
    const first = unread ? chunks : bytes;
    unread = false;
    return first;
  };
  try {
    const known = whole
      ? await facts_of_whole(store, whole, content_type)
      : await facts_of_stream(store, { content_type, size, head }, first_chunks);
    const facts: PhotoFacts = { ...known, taken_at: known.taken_at ?? (await time_elsewhere()) };
    const write = (object: NewObject): Promise<void> => {
      const Body = whole ?? streamed(first_chunks());
      const params = {
        Bucket: store.bucket,
        Body,
        ContentType: content_type,
        ...checksum(entry.crc32),
        ...object,
      };
      return upload_object(store.s3, params, size, signal);
    };
    const { filename, duplicate } = await place(entry, facts, write, signal);
    return { outcome: "stored", value: { filename, size, content_type, ...(duplicate && { duplicate }) } };
  } catch (error) {
    // What cannot be read of the archive is no matter of where photos go.
    if (signal.aborted || error instanceof ArchiveError) throw error;
    const { code, cause } = storage_problem(error);
    const reason = code === "storage_refused" ? code : "storage_unavailable";
    // The SDK has tried three times by now; the next entry would fare no better.
    return { outcome: "failed", reason, error: cause, fatal: true };
  }
}

const facts_of_whole = async (
  store: PhotoStore,
  bytes: Uint8Array,
  content_type: string,
): Promise<PhotoFacts> => ({
  ...(await whole_photo_details(bytes, content_type)),
  ...(is_compared(store, bytes.byteLength) && { sha256: sha256_of(bytes) }),
});

/** Where duplicates are not looked for, it is read once, when its facts have to be known: its end is out of reach. */
async function facts_of_stream(
  store: PhotoStore,
  photo: Pick<PhotoToRead, "content_type" | "size" | "head">,
  chunks: () => AsyncIterable<Uint8Array>,
): Promise<PhotoFacts> {
  const { through, tail } = tail_keeper();
  const sha256 = is_compared(store, photo.size) ? await sha256_of_stream(through(chunks())) : undefined;
  return { ...(await photo_details({ ...photo, tail })), sha256 };
}

/** An error of the entry's bytes reaches whoever reads them; one that comes when nobody does any more is no news. */
function streamed(bytes: AsyncIterable<Uint8Array>): Readable {
  return Readable.from(bytes).on("error", () => {});
}

/** The directory's CRC-32 as S3 takes it, big-endian in base64: S3 then refuses any other content. */
function checksum(crc32: number) {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc32);
  return {
    ChecksumAlgorithm: "CRC32",
    ChecksumType: "FULL_OBJECT",
    ChecksumCRC32: bytes.toString("base64"),
  } as const;
}

async function collected(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return joined(all);
}

/** Without a copy where there is one chunk only, as there is of every entry of up to `WHOLE_BYTES`. */
function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const [first] = chunks;
  return first !== undefined && chunks.length === 1 ? first : Buffer.concat(chunks);
}
