/** The claims of photos in S3. */
import { GetObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { type Claims, claims_by, is_missing } from "@photo-uploader/layer";
import type { PhotoStore } from "./photo_store.ts";

export const s3_claims = ({ s3, bucket: Bucket }: PhotoStore, abortSignal: AbortSignal): Claims =>
  claims_by(
    (Key) =>
      s3.send(new GetObjectCommand({ Bucket, Key }), { abortSignal }).catch((error) => {
        if (is_missing(error)) return undefined;
        throw error;
      }),
    (claim) => s3.send(new PutObjectCommand({ Bucket, ...claim }), { abortSignal }),
  );
