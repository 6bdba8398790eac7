/** An object of S3 as the source of an archive: ranged GETs, all of the same version of the object. */
import { Readable } from "node:stream";
import { GetObjectCommand, type GetObjectCommandOutput, HeadObjectCommand } from "@aws-sdk/client-s3";
import { http_status } from "@photo-uploader/layer";
import { ArchiveError, type ByteSource } from "../archive/index.ts";
import type { PhotoStore } from "./photo_store.ts";

/**
 * Asks for the object's size and ETag, with which every read is then made, so that an object that is overwritten in
 * the meantime gives no mixture of both. Give it to `windowed_source`: each read here is a request.
 *
 * @throws the SDK's error where the object cannot be asked for; `NotFound` where there is none.
 */
export async function s3_source(
  { s3, bucket }: PhotoStore,
  key: string,
  abortSignal?: AbortSignal,
): Promise<ByteSource> {
  const object = { Bucket: bucket, Key: key };
  const { ContentLength: size, ETag: IfMatch } = await s3.send(
    new HeadObjectCommand(object),
    send_options(abortSignal),
  );
  if (size === undefined || IfMatch === undefined) {
    throw new Error("S3 answered HeadObject without the object's length or ETag");
  }
  let changed: ArchiveError | undefined;
  return {
    size,
    async read(start, end, signal, into) {
      if (changed !== undefined) throw changed;
      if (start === end) return new Uint8Array();
      const get = new GetObjectCommand({ ...object, IfMatch, Range: `bytes=${start}-${end - 1}` });
      const answer = await s3.send(get, send_options(signal)).catch((cause) => {
        if (![404, 412].includes(http_status(cause) ?? 0)) throw cause;
        const message = "the archive was replaced or deleted while it was read";
        changed = new ArchiveError("read_failed", message, { offset: start, cause });
        throw changed;
      });
      return read_body(answer, start, end, signal, into);
    },
  };
}

const send_options = (abortSignal: AbortSignal | undefined) =>
  abortSignal === undefined ? {} : { abortSignal };

/** Takes the body whole, or destroys it: one that is left unread would hold its socket. */
async function read_body(
  { Body, ContentRange }: GetObjectCommandOutput,
  start: number,
  end: number,
  signal: AbortSignal | undefined,
  into: Uint8Array | undefined,
): Promise<Uint8Array> {
  if (!(Body instanceof Readable)) throw new Error("S3 answered GetObject without a body");
  const abort = () => Body.destroy(signal?.reason);
  signal?.addEventListener("abort", abort, { once: true });
  try {
    signal?.throwIfAborted();
    if (!ContentRange?.startsWith(`bytes ${start}-${end - 1}/`)) {
      throw new Error(`S3 answered another range than bytes ${start} to ${end - 1}: ${ContentRange}`);
    }
    return await collected(Body, into ?? Buffer.allocUnsafeSlow(end - start));
  } finally {
    signal?.removeEventListener("abort", abort);
    Body.destroy();
  }
}

/** Into memory of the length that was asked for. */
async function collected(body: Readable, bytes: Uint8Array): Promise<Uint8Array> {
  const { byteLength: length } = bytes;
  let at = 0;
  for await (const chunk of body) {
    if (!(chunk instanceof Uint8Array))
      throw new TypeError("S3 answered GetObject with something else than bytes");
    if (at + chunk.byteLength > length) throw new Error("S3 answered more bytes than the range has");
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  if (at < length) throw new Error(`S3 answered ${at} of ${length} bytes`);
  return bytes;
}
