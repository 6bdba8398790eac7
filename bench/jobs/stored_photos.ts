/** Whether what lies in S3 in the end is exactly the archive's entries, once each. */
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import {
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  S3Client,
} from "@aws-sdk/client-s3";
import { user_prefix } from "@photo-uploader/layer";
import { BUCKET, CREDENTIALS, REGION } from "../../local/config.ts";
import type { JobResponse } from "../../schemas/job.ts";
import type { Entry } from "./archives.ts";

/** With every right, as the stack's own credentials have it. */
export const s3_of = (endpoint: string): S3Client =>
  new S3Client({ endpoint, region: REGION, credentials: CREDENTIALS });

const md5 = (bytes: Uint8Array): string => createHash("md5").update(bytes).digest("hex");

/** The MD5 of each entry, by its name. */
export const hashes_of = (entries: Iterable<Entry>): Map<string, string> =>
  new Map(Array.from(entries, ({ name, bytes }) => [name, md5(bytes)]));

/**
 * Compares names, numbers and contents of all entries: what `/job` says of them, and what is there.
 *
 * @param expected MD5s by the names of the entries
 * @throws Error that says how what is there differs from what should be
 */
export async function check_stored(
  s3: S3Client,
  user: string,
  outcomes: JobResponse["outcomes"],
  expected: ReadonlyMap<string, string>,
): Promise<void> {
  const wanted = hashes_by_key(user_prefix(user), outcomes, expected);
  const own_prefixes = /^\.(?:quarantine|outcomes|tasks|jobs)\//;
  let photos = 0;
  for await (const { key, etag } of objects(s3)) {
    if (own_prefixes.test(key)) continue;
    const hash = wanted.get(key);
    if (hash === undefined) throw new Error("there is an object that is no entry's");
    // The ETag of what came in parts is no hash of the content.
    const stored = /^[\da-f]{32}$/.test(etag) ? etag : await hash_of(s3, key);
    if (stored !== hash) throw new Error("stored other bytes than an entry has");
    photos += 1;
  }
  if (photos !== expected.size) throw new Error(`stored ${photos} objects of ${expected.size}`);
  const { Uploads = [] } = await s3.send(new ListMultipartUploadsCommand({ Bucket: BUCKET }));
  if (Uploads.length > 0) throw new Error(`left ${Uploads.length} uploads that were begun and not ended`);
}

/** By the keys that the outcomes name: every entry has one outcome, and a key of its own. */
export function hashes_by_key(
  prefix: string,
  outcomes: JobResponse["outcomes"],
  expected: ReadonlyMap<string, string>,
): Map<string, string> {
  const names = new Set<string>();
  const by_key = new Map<string, string>();
  for (const entry of outcomes) {
    const hash = expected.get(entry.name);
    if (hash === undefined) throw new Error(`an outcome is of no entry: ${entry.name}`);
    if (entry.outcome !== "uploaded") throw new Error(`${entry.name} is ${entry.outcome}: ${entry.reason}`);
    names.add(entry.name);
    by_key.set(prefix + entry.filename, hash);
  }
  if (outcomes.length !== expected.size || names.size !== expected.size) {
    throw new Error(`${outcomes.length} outcomes of ${names.size} entries, of ${expected.size}`);
  }
  if (by_key.size !== expected.size) throw new Error(`${expected.size} entries have ${by_key.size} keys`);
  return by_key;
}

async function* objects(s3: S3Client): AsyncGenerator<{ readonly key: string; readonly etag: string }> {
  for (let StartAfter = ""; ; ) {
    const page = await s3.send(new ListObjectsV2Command({ Bucket: BUCKET, StartAfter }));
    for (const { Key = "", ETag = "" } of page.Contents ?? []) {
      yield { key: Key, etag: ETag.replaceAll('"', "") };
      StartAfter = Key;
    }
    if (!page.IsTruncated) return;
  }
}

async function hash_of(s3: S3Client, Key: string): Promise<string> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: BUCKET, Key }));
  if (!(Body instanceof Readable)) throw new Error("S3 answered GetObject without a body");
  const hash = createHash("md5");
  for await (const chunk of Body) hash.update(chunk);
  return hash.digest("hex");
}
