/** The strict S3 of the laptop stack, one of its own for each test file, and the client that the functions use. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
  type S3ClientConfig,
} from "@aws-sdk/client-s3";
import type { Notification } from "../../local/s3/notifications.ts";
import { start_s3 } from "../../local/s3/server.ts";
import type { PhotoStore } from "../../storage/photo_store.ts";
import { s3_client } from "../../storage/s3.ts";

export const BUCKET = "yourplace";
export const REGION = "eu-central-1";
export const CREDENTIALS = { accessKeyId: "local", secretAccessKey: "local-secret" };

export interface PhotoStorage {
  readonly url: string;
  readonly store: PhotoStore;
  /** For URLs that a client opens by itself. */
  readonly presigning: PhotoStore;
  /** Writes an object whatever its key, as another program might. */
  put(key: string, body?: Uint8Array | string, content_type?: string): Promise<void>;
  keys(): Promise<string[]>;
  /** Removes the data too. */
  close(): Promise<void>;
}

/** A client of the functions for a server on this machine. */
export const client_for = (url: string, config: S3ClientConfig = {}): S3Client =>
  s3_client({ endpoint: url, region: REGION, credentials: CREDENTIALS, ...config });

/** @param options.may_list whether S3 says that a key is missing; to functions without s3:ListBucket it does not */
export async function start_photo_storage(
  options: { clock?: () => Date; may_list?: () => boolean; notifications?: readonly Notification[] } = {},
): Promise<PhotoStorage> {
  const data_dir = await mkdtemp(join(tmpdir(), "photos-"));
  const server = await start_s3({
    port: 0,
    data_dir,
    region: REGION,
    credentials: [CREDENTIALS],
    buckets: [BUCKET],
    old_versions: [{ prefix: "", days: 30 }],
    ...options,
  });
  const s3 = client_for(server.url);
  const presigning = client_for(server.url, {
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
  });
  return {
    url: server.url,
    store: { s3, bucket: BUCKET },
    presigning: { s3: presigning, bucket: BUCKET },
    put: async (key, body = "x", content_type = "image/jpeg") => {
      await s3.send(
        new PutObjectCommand({ Bucket: BUCKET, Key: key, Body: body, ContentType: content_type }),
      );
    },
    keys: async () => {
      const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: BUCKET }));
      return Contents.map(({ Key = "" }) => Key);
    },
    close: async () => {
      s3.destroy();
      presigning.destroy();
      await server.close();
      await rm(data_dir, { recursive: true });
    },
  };
}

/** The settings that a function has in Lambda, with this storage behind them; set before the function is imported. */
export const function_environment = (url: string): Readonly<Record<string, string>> => ({
  AWS_REGION: REGION,
  AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
  AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
  AWS_ENDPOINT_URL_S3: url,
  AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER: url,
  PHOTOS_BUCKET: BUCKET,
  CURSOR_KEY: "a secret of at least 32 characters for tests",
  PHOTO_MAX_BYTES: "200000000",
  DETECT_DUPLICATES: "true",
  USER_POOL_ID: "eu-central-1_Abcdefghi",
  USER_POOL_CLIENT_ID: "1example23456789",
});
