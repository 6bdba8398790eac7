/** Photos that were deleted: S3 keeps them behind a delete marker until their days are over (terraform/photos.tf). */
import {
  CopyObjectCommand,
  type DeleteMarkerEntry,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandOutput,
  type ObjectVersion,
} from "@aws-sdk/client-s3";
import {
  http_status,
  is_missing,
  is_named,
  type Problem,
  parse_filename,
  photo_key,
  problem,
  user_prefix,
} from "@photo-uploader/layer";
import type { UploadStore } from "./admission.ts";
import type { Page } from "./newest_first.ts";
import type { ListedObject, PhotoStore } from "./photo_store.ts";
import { s3_answer, storage_problem } from "./s3.ts";

/** How often a photo is tried that another request deletes or restores at this moment. */
const TRIES = 3;

/**
 * Brings a deleted photo back by a copy of its newest version, as it was. No version is ever deleted, so that the function
 * needs no permission that could destroy one; and the copy is conditional, so that of two at once one restores.
 *
 * @returns `not_deleted` for a photo that is there
 * @throws Problem `photo_not_found` for a filename that is malformed, of another user, was never there, or not for so long
 */
export async function restore_photo(
  store: UploadStore,
  user: string,
  filename: string,
  abortSignal: AbortSignal,
): Promise<"restored" | "not_deleted"> {
  if (parse_filename(filename) === undefined) throw nothing_to_restore();
  const key = photo_key(user, filename);
  const { version, is_current } = await newest_version(store, key, abortSignal);
  if (is_current) return "not_deleted";
  const { patient_s3, bucket } = store;
  const source = [bucket, ...key.split("/")].map(encodeURIComponent).join("/");
  const copy = new CopyObjectCommand({
    Bucket: bucket,
    Key: key,
    CopySource: `${source}?versionId=${encodeURIComponent(version)}`,
    // Met where the current version is a delete marker:
    // https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
    IfNoneMatch: "*",
  });
  for (let attempt = 1; ; attempt += 1) {
    try {
      await patient_s3.send(copy, { abortSignal });
      return "restored";
    } catch (error) {
      if (is_named(error, "PreconditionFailed") || http_status(error) === 412) return "not_deleted";
      if (is_named(error, "ConditionalRequestConflict") && attempt < TRIES) continue;
      // It has expired since it was listed.
      if (is_named(error, "NoSuchVersion") || is_missing(error)) throw nothing_to_restore();
      throw storage_problem(error);
    }
  }
}

/** The newest version of a key that has bytes. */
async function newest_version(
  { s3, bucket }: PhotoStore,
  key: string,
  abortSignal: AbortSignal,
): Promise<{ readonly version: string; readonly is_current: boolean }> {
  let marker: VersionMarker = {};
  for (;;) {
    const list = new ListObjectVersionsCommand({ Bucket: bucket, Prefix: key, ...marker });
    const page = await s3_answer(s3.send(list, { abortSignal }));
    // S3 lists by key, so this one comes before those that it is the beginning of, and the newest version first.
    const version = page.Versions?.find(({ Key }) => Key === key);
    if (version?.VersionId !== undefined) {
      return { version: version.VersionId, is_current: version.IsLatest === true };
    }
    if (!page.IsTruncated || page.NextKeyMarker !== key) throw nothing_to_restore();
    marker = next_marker(page);
  }
}

interface VersionMarker {
  readonly KeyMarker?: string;
  readonly VersionIdMarker?: string;
}

const next_marker = ({
  NextKeyMarker,
  NextVersionIdMarker,
}: ListObjectVersionsCommandOutput): VersionMarker => ({
  ...(NextKeyMarker !== undefined && { KeyMarker: NextKeyMarker }),
  ...(NextVersionIdMarker !== undefined && { VersionIdMarker: NextVersionIdMarker }),
});

const nothing_to_restore = (): Problem =>
  problem(
    "photo_not_found",
    'No photo of yours of this filename can be restored. POST /list {"deleted": true} names those that can.',
  );

/** A photo that was there, or still is. */
export interface KeptObject extends ListedObject {
  /** Absent where it is there. */
  readonly deleted_at?: Date;
  /** Of one that has no bytes any more, until S3 has cleared away what marks its deletion. */
  readonly is_gone?: true;
}

/**
 * One page of what a user has and had, ascending: `list_photos` with those that can be restored among them, and those that
 * could be before, so that whoever walks knows how much was looked at.
 */
export async function list_kept_photos(
  { s3, bucket }: PhotoStore,
  user: string,
  after: string,
  abortSignal: AbortSignal,
): Promise<Page<KeptObject>> {
  const prefix = user_prefix(user);
  const keys = new Map<string, KeyVersions>();
  let marker: VersionMarker = after === "" ? {} : { KeyMarker: `${prefix}${after}` };
  for (;;) {
    const list = new ListObjectVersionsCommand({ Bucket: bucket, Prefix: prefix, ...marker });
    const page = await s3_answer(s3.send(list, { abortSignal }));
    for (const version of page.Versions ?? []) versions_of(keys, version).versions.push(version);
    for (const entry of page.DeleteMarkers ?? []) versions_of(keys, entry).markers.push(entry);
    const names = [...keys.keys()].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    if (!page.IsTruncated) return { photos: names.flatMap((key) => kept_object(prefix, key, keys.get(key))) };
    // A page may end between the versions of a key: that key is of the next page, unless there is no other.
    const last = names.at(-2);
    if (last !== undefined) {
      const whole = names.slice(0, -1);
      return {
        photos: whole.flatMap((key) => kept_object(prefix, key, keys.get(key))),
        next: last.slice(prefix.length),
      };
    }
    marker = next_marker(page);
  }
}

interface KeyVersions {
  /** Newest first, as S3 lists them. */
  readonly versions: ObjectVersion[];
  readonly markers: DeleteMarkerEntry[];
}

function versions_of(keys: Map<string, KeyVersions>, { Key = "" }: ObjectVersion | DeleteMarkerEntry) {
  const known = keys.get(Key) ?? { versions: [], markers: [] };
  keys.set(Key, known);
  return known;
}

function kept_object(prefix: string, key: string, of_key?: KeyVersions): KeptObject[] {
  const filename = key.slice(prefix.length);
  const parsed = parse_filename(filename);
  const [newest] = of_key?.versions ?? [];
  if (parsed === undefined) return [];
  if (newest === undefined) return [{ filename, ...parsed, size: 0, is_gone: true }];
  const deleted_at = of_key?.markers.find(({ IsLatest }) => IsLatest)?.LastModified;
  return [{ filename, ...parsed, size: newest.Size ?? 0, ...(deleted_at && { deleted_at }) }];
}
