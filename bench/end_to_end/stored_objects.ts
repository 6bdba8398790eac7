/** What has become of an archive in S3: looked at, compared with what should be there, and removed. */
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import {
  AbortMultipartUploadCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  type S3Client,
} from "@aws-sdk/client-s3";

interface StoredObject {
  readonly key: string;
  readonly etag: string;
}

/** MD5 of each entry, in any order. */
export function content_hashes(photos: Iterable<Uint8Array>): string[] {
  return [...photos].map((photo) => createHash("md5").update(photo).digest("hex")).sort();
}

/**
 * Compares contents, not names: everybody names the objects in his own way.
 *
 * @throws Error that says how what is there differs from what should be
 */
export async function check_objects(
  s3: S3Client,
  Bucket: string,
  prefix: string,
  expected: readonly string[],
): Promise<void> {
  const objects = await list_objects(s3, Bucket, prefix);
  const hashes: string[] = [];
  for (const { key, etag } of objects) {
    // The ETag of what came in parts is no hash of the content.
    hashes.push(/^[\da-f]{32}$/.test(etag) ? etag : await hash_of(s3, Bucket, key));
  }
  if (objects.length !== expected.length) {
    throw new Error(`stored ${objects.length} objects of ${expected.length}`);
  }
  if (hashes.sort().join() !== expected.join()) throw new Error("stored other bytes than the entries have");
  const { Uploads = [] } = await s3.send(new ListMultipartUploadsCommand({ Bucket }));
  if (Uploads.length > 0) throw new Error(`left ${Uploads.length} uploads that were begun and not ended`);
}

/** The objects under the prefix, and all uploads that somebody who failed has left. */
export async function remove_objects(s3: S3Client, Bucket: string, prefix: string): Promise<void> {
  const objects = await list_objects(s3, Bucket, prefix);
  for (let at = 0; at < objects.length; at += 1_000) {
    const Objects = objects.slice(at, at + 1_000).map(({ key }) => ({ Key: key }));
    await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } }));
  }
  const { Uploads = [] } = await s3.send(new ListMultipartUploadsCommand({ Bucket }));
  for (const { Key, UploadId } of Uploads) {
    await s3.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }));
  }
}

async function list_objects(s3: S3Client, Bucket: string, prefix: string): Promise<StoredObject[]> {
  const objects: StoredObject[] = [];
  for (let StartAfter = ""; ; ) {
    const { Contents = [], IsTruncated } = await s3.send(
      new ListObjectsV2Command({ Bucket, Prefix: `${prefix}/`, StartAfter }),
    );
    for (const { Key = "", ETag = "" } of Contents)
      objects.push({ key: Key, etag: ETag.replaceAll('"', "") });
    if (!IsTruncated) return objects;
    StartAfter = objects.at(-1)?.key ?? "";
  }
}

async function hash_of(s3: S3Client, Bucket: string, Key: string): Promise<string> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
  if (!(Body instanceof Readable)) throw new Error("S3 answered GetObject without a body");
  const hash = createHash("md5");
  for await (const chunk of Body) hash.update(chunk);
  return hash.digest("hex");
}
