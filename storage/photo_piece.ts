/** Bytes of a photo, of which no more is in memory than is asked for. */
import { GetObjectCommand } from "@aws-sdk/client-s3";
import { is_missing, photo_key } from "@photo-uploader/layer";
import type { PhotoStore } from "./photo_store.ts";
import { s3_answer, storage_problem } from "./s3.ts";

export interface PhotoPiece {
  readonly filename: string;
  /** Of the whole photo. */
  readonly size: number;
  /** From which byte to before which. */
  readonly start: number;
  readonly end: number;
}

/** undefined where the photo is not there any more. */
export async function read_piece(
  { s3, bucket }: PhotoStore,
  user: string,
  { filename, size, start, end }: PhotoPiece,
  abortSignal: AbortSignal,
): Promise<Uint8Array | undefined> {
  const is_whole = start === 0 && end === size;
  const get = new GetObjectCommand({
    Bucket: bucket,
    Key: photo_key(user, filename),
    ...(!is_whole && { Range: `bytes=${start}-${end - 1}` }),
  });
  const answer = await s3.send(get, { abortSignal }).catch((error) => {
    if (is_missing(error)) return undefined;
    throw storage_problem(error);
  });
  if (answer === undefined) return undefined;
  const bytes = await s3_answer(answer.Body?.transformToByteArray() ?? Promise.resolve(new Uint8Array()));
  if (bytes.byteLength !== end - start) {
    throw storage_problem(new Error(`S3 answered ${bytes.byteLength} of ${end - start} bytes of a photo`));
  }
  return bytes;
}
