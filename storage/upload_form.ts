/** The form by which a client sends a file to S3 itself: signed, and good for exactly the file that it has declared. */
import { createPresignedPost, type PresignedPost } from "@aws-sdk/s3-presigned-post";
import { encoded_name, quarantine_key, type UploadKey } from "@photo-uploader/layer";
import type { PhotoStore } from "./photo_store.ts";

/** What a client says of the file that it is about to send. S3 keeps it with the file. */
export interface Declaration {
  readonly name: string;
  readonly kind: "photo" | "archive";
  /** Bytes. */
  readonly size: number;
  readonly content_type: string;
  /** Eight hexadecimal digits. */
  readonly crc32?: string | undefined;
}

/** What stays with the file, for its admission. Its keys are those of `x-amz-meta-` headers. */
export const declared_metadata = ({ name, kind, size, crc32 }: Declaration): Record<string, string> => ({
  "original-name": encoded_name(name),
  kind,
  size: String(size),
  ...(crc32 !== undefined && { crc32 }),
});

/** As S3 takes it: the big-endian bytes in base64. */
export const crc32_header = (crc32: string): string => Buffer.from(crc32, "hex").toString("base64");

/**
 * A presigned POST for one key, one size and one type, and for one checksum where the file's is known: S3 refuses
 * anything else.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
 */
export const upload_form = (
  { s3, bucket }: PhotoStore,
  upload: UploadKey,
  declaration: Declaration,
  seconds: number,
): Promise<PresignedPost> =>
  createPresignedPost(s3, {
    Bucket: bucket,
    Key: quarantine_key(upload),
    Conditions: [["content-length-range", declaration.size, declaration.size]],
    Fields: {
      "Content-Type": declaration.content_type,
      ...Object.fromEntries(
        Object.entries(declared_metadata(declaration)).map(([name, value]) => [`x-amz-meta-${name}`, value]),
      ),
      ...(declaration.crc32 !== undefined && {
        "x-amz-checksum-algorithm": "CRC32",
        "x-amz-checksum-crc32": crc32_header(declaration.crc32),
      }),
    },
    Expires: seconds,
  });
