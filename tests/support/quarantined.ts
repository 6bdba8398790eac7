/** Files in the quarantine, put there as S3 does it for a client's form. */
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { new_upload_id, quarantine_key, type UploadKey } from "../../layer/upload_keys.ts";
import type { PhotoStore } from "../../storage/photo_store.ts";
import { type Declaration, declared_metadata } from "../../storage/upload_form.ts";

export interface Quarantining extends Partial<Declaration> {
  readonly user?: string;
  /** Of an upload that has been put there before. */
  readonly id?: string;
}

/** Puts a file into the quarantine; declared as what it is, unless told. */
export async function quarantined(
  { s3, bucket }: PhotoStore,
  bytes: Uint8Array,
  { user = "ann", id = new_upload_id(), ...declared }: Quarantining = {},
): Promise<UploadKey> {
  const usual = { name: "beach.jpg", kind: "photo", content_type: "image/jpeg" } as const;
  const declaration = { ...usual, size: bytes.byteLength, ...declared };
  await s3.send(
    new PutObjectCommand({
      Bucket: bucket,
      Key: quarantine_key({ user, id }),
      Body: bytes,
      ContentType: declaration.content_type,
      Metadata: declared_metadata(declaration),
    }),
  );
  return { user, id };
}
