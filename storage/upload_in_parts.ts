/** Uploads in parts: each part has a URL of its own, what has arrived can be asked for, and the rest be sent later. */
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  ListPartsCommand,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { is_named, type Problem, problem, quarantine_key, type UploadKey } from "@photo-uploader/layer";
import type { UploadStore } from "./admission.ts";
import type { PhotoStore } from "./photo_store.ts";
import { s3_answer, storage_problem } from "./s3.ts";
import { crc32_header, type Declaration, declared_metadata } from "./upload_form.ts";
import type { Upload } from "./upload_id.ts";

/** Every part but the last. 5 GiB have 640 of them then, which S3 lists in one answer. */
export const PART_BYTES = 8 * 1024 * 1024;

export const part_count = (size: number): number => Math.ceil(size / PART_BYTES);

const part_bytes = (size: number, number: number): number =>
  Math.min(PART_BYTES, size - (number - 1) * PART_BYTES);

/** An upload in parts, as S3 knows it. */
export interface PartedUpload extends UploadKey, Pick<Upload, "size" | "crc32"> {
  readonly multipart: string;
}

const named = ({ bucket }: PhotoStore, upload: PartedUpload) => ({
  Bucket: bucket,
  Key: quarantine_key(upload),
  UploadId: upload.multipart,
});

/**
 * @param store whose client adds no checksum of its own: it would ask for one of each part
 * @returns what S3 calls the upload
 */
export async function begin_parts(
  { s3, bucket }: PhotoStore,
  upload: UploadKey,
  declaration: Declaration,
  abortSignal: AbortSignal,
): Promise<string> {
  const create = new CreateMultipartUploadCommand({
    Bucket: bucket,
    Key: quarantine_key(upload),
    ContentType: declaration.content_type,
    Metadata: declared_metadata(declaration),
    ...(declaration.crc32 !== undefined && { ChecksumAlgorithm: "CRC32", ChecksumType: "FULL_OBJECT" }),
  });
  const { UploadId } = await s3_answer(s3.send(create, { abortSignal }));
  if (UploadId === undefined) throw storage_problem(new Error("S3 answered without an upload id"));
  return UploadId;
}

export interface ArrivedPart {
  readonly number: number;
  /** Bytes. */
  readonly size: number;
  readonly etag: string;
}

/** The parts that have arrived, by their numbers; undefined where the upload has been completed or cancelled. */
export async function arrived_parts(
  store: PhotoStore,
  upload: PartedUpload,
  abortSignal: AbortSignal,
): Promise<ArrivedPart[] | undefined> {
  const listed = await store.s3
    .send(new ListPartsCommand(named(store, upload)), { abortSignal })
    .catch((error) => {
      if (is_named(error, "NoSuchUpload")) return undefined;
      throw storage_problem(error);
    });
  return listed && (listed.Parts ?? []).map(arrived_part);
}

const arrived_part = ({
  PartNumber: number = 0,
  Size: size = 0,
  ETag: etag = "",
}: {
  PartNumber?: number | undefined;
  Size?: number | undefined;
  ETag?: string | undefined;
}): ArrivedPart => ({ number, size, etag });

/**
 * A URL to PUT a part to. The length of the part is signed along, so that S3 takes no other.
 *
 * @param store whose client puts no checksum into URLs
 */
export const part_url = (
  store: PhotoStore,
  upload: PartedUpload,
  number: number,
  seconds: number,
): Promise<string> =>
  getSignedUrl(
    store.s3,
    new UploadPartCommand({
      ...named(store, upload),
      PartNumber: number,
      ContentLength: part_bytes(upload.size, number),
    }),
    { expiresIn: seconds },
  );

/** By the methods that they are asked with, as S3's API has them. */
export interface UploadUrls {
  /** Lists the parts, as ListParts. */
  readonly GET: string;
  /** Joins them, as CompleteMultipartUpload. */
  readonly POST: string;
  /** Removes them, as AbortMultipartUpload. */
  readonly DELETE: string;
}

/** URLs for clients that speak S3's language themselves. What they have joined is checked by the admission. */
export async function upload_urls(
  store: PhotoStore,
  upload: PartedUpload,
  seconds: number,
): Promise<UploadUrls> {
  const of = named(store, upload);
  const signed = { expiresIn: seconds };
  return {
    GET: await getSignedUrl(store.s3, new ListPartsCommand(of), signed),
    POST: await getSignedUrl(store.s3, new CompleteMultipartUploadCommand(of), signed),
    DELETE: await getSignedUrl(store.s3, new AbortMultipartUploadCommand(of), signed),
  };
}

/**
 * Joins the parts to the file; one that has been joined already is left as it is, and one that was cancelled is not there.
 *
 * @throws Problem `upload_incomplete` that says which parts are missing, `upload_refused` where the checksum is another
 */
export async function join_parts(
  store: UploadStore,
  upload: PartedUpload,
  abortSignal: AbortSignal,
): Promise<void> {
  const parts = await arrived_parts(store, upload, abortSignal);
  if (parts === undefined) return;
  refuse_incomplete(upload, parts);
  const complete = new CompleteMultipartUploadCommand({
    ...named(store, upload),
    MultipartUpload: { Parts: parts.map(({ number, etag }) => ({ PartNumber: number, ETag: etag })) },
    MpuObjectSize: upload.size,
    ...(upload.crc32 !== undefined && {
      ChecksumCRC32: crc32_header(upload.crc32),
      ChecksumType: "FULL_OBJECT",
    }),
  });
  try {
    await store.patient_s3.send(complete, { abortSignal });
  } catch (error) {
    // Another request has joined them, or a first try whose answer was lost.
    if (!is_named(error, "NoSuchUpload")) throw not_joined(error);
  }
}

function not_joined(error: unknown): Problem {
  if (is_named(error, "BadDigest")) {
    return problem("upload_refused", "The parts do not have the CRC-32 that was declared. Send them again.", {
      reason: "checksum_mismatch",
    });
  }
  if (is_named(error, "InvalidPart")) {
    return problem(
      "upload_incomplete",
      "A part was sent again at this very moment. Complete the upload then.",
    );
  }
  return storage_problem(error);
}

function refuse_incomplete({ size }: PartedUpload, parts: readonly ArrivedPart[]): void {
  const arrived = new Set(
    parts.filter((part) => part.size === part_bytes(size, part.number)).map(({ number }) => number),
  );
  const all = Array.from({ length: part_count(size) }, (_, index) => index + 1);
  const missing = all.filter((number) => !arrived.has(number));
  if (missing.length === 0) return;
  throw problem(
    "upload_incomplete",
    `Of ${all.length} parts ${missing.length} have not arrived: ${ranges(missing)}. POST /upload_parts signs them.`,
  );
}

/** More than these help nobody. */
const RANGES = 10;

/** `1, 3 to 5, …` */
function ranges(numbers: readonly number[]): string {
  const runs: { first: number; last: number }[] = [];
  for (const number of numbers) {
    const run = runs.at(-1);
    if (run?.last === number - 1) run.last = number;
    else runs.push({ first: number, last: number });
  }
  const texts = runs.map(({ first, last }) => (first === last ? `${first}` : `${first} to ${last}`));
  return [...texts.slice(0, RANGES), ...(texts.length > RANGES ? ["…"] : [])].join(", ");
}

/** Removes the parts that have arrived; where the upload has been completed or cancelled there are none. */
export async function abort_parts(
  store: PhotoStore,
  upload: PartedUpload,
  abortSignal: AbortSignal,
): Promise<void> {
  try {
    await store.s3.send(new AbortMultipartUploadCommand(named(store, upload)), { abortSignal });
  } catch (error) {
    if (!is_named(error, "NoSuchUpload")) throw storage_problem(error);
  }
}
