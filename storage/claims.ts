/** The claims of photos in S3. */
import { GetObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { type Claims, claims_by, type FoundClaim, is_missing, read_claim } from "@photo-uploader/layer";
import type { PhotoStore } from "./photo_store.ts";

/**
 * undefined where there is none
 *
 * @throws the SDK's error where S3 cannot be asked
 */
export const claim_at = async (
  { s3, bucket }: PhotoStore,
  key: string,
  abortSignal: AbortSignal,
): Promise<FoundClaim | undefined> =>
  read_claim(
    await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }), { abortSignal }).catch((error) => {
      if (is_missing(error)) return undefined;
      throw error;
    }),
  );

export const s3_claims = (store: PhotoStore, abortSignal: AbortSignal): Claims =>
  claims_by(
    (key) => claim_at(store, key, abortSignal),
    (claim) => store.s3.send(new PutObjectCommand({ Bucket: store.bucket, ...claim }), { abortSignal }),
  );
