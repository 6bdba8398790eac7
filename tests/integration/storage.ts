/** What is really in S3, asked straight and not through the API. */
import {
  DeleteObjectsCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { BUCKET, CREDENTIALS, REGION } from "./session.ts";
import type { TestStack } from "./stack.ts";

export interface Storage {
  put(key: string, body?: Uint8Array, content_type?: string): Promise<void>;
  /** Many small objects, several at a time. */
  put_all(keys: Iterable<string>, body: Uint8Array): Promise<void>;
  keys(prefix?: string): Promise<string[]>;
  /** Deletes everything that begins so. */
  clear(prefix: string): Promise<void>;
  /** Keys of multipart uploads that nobody has completed or aborted. */
  unfinished(): Promise<string[]>;
  metadata(key: string): Promise<Record<string, string> | undefined>;
  close(): void;
}

const AT_ONCE = 16;

export function storage_of({ s3 }: TestStack): Storage {
  const client = new S3Client({ endpoint: s3.url, region: REGION, credentials: CREDENTIALS });
  const storage: Storage = {
    put: async (key, body = new Uint8Array([1]), content_type = "image/jpeg") => {
      await client.send(
        new PutObjectCommand({ Bucket: BUCKET, Key: key, Body: body, ContentType: content_type }),
      );
    },
    put_all: async (keys, body) => {
      const queue = [...keys].values();
      const work = async () => {
        for (const key of queue) await storage.put(key, body);
      };
      await Promise.all(Array.from({ length: AT_ONCE }, work));
    },
    keys: async (prefix = "") => {
      const keys: string[] = [];
      let token: string | undefined;
      do {
        const page = await client.send(
          new ListObjectsV2Command({ Bucket: BUCKET, Prefix: prefix, ContinuationToken: token }),
        );
        keys.push(...(page.Contents ?? []).map(({ Key = "" }) => Key));
        token = page.NextContinuationToken;
      } while (token !== undefined);
      return keys;
    },
    clear: async (prefix) => {
      const keys = await storage.keys(prefix);
      const Objects = keys.map((Key) => ({ Key }));
      if (keys.length > 0)
        await client.send(new DeleteObjectsCommand({ Bucket: BUCKET, Delete: { Objects } }));
    },
    unfinished: async () => {
      const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: BUCKET }));
      return Uploads.map(({ Key = "" }) => Key);
    },
    metadata: async (key) => {
      const { Metadata } = await client.send(new HeadObjectCommand({ Bucket: BUCKET, Key: key }));
      return Metadata;
    },
    close: () => client.destroy(),
  };
  return storage;
}

/** `20261123T101530123Z`, by which a filename begins. */
export const stamp = (milliseconds: number): string =>
  new Date(milliseconds).toISOString().replace(/[-:.]/g, "");
