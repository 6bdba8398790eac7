/**
 * What there is, in SQLite: buckets, objects, uploads under way and their parts. Every change is one
 * transaction, and the condition of a conditional write is judged inside it.
 *
 * Keys are stored as their UTF-8 bytes, so that SQLite orders them as S3 does, and any key is possible.
 */
import { randomBytes } from "node:crypto";
import * as z from "zod";
import type { Segment } from "./blobs.ts";
import { algorithm_schema, checksum_type_schema } from "./checksums.ts";
import { Database } from "./database.ts";
import { bucket_already_owned_by_you, bucket_not_empty, no_such_bucket, no_such_upload } from "./errors.ts";
import type { NotificationConfiguration } from "./notifications.ts";
import {
  date_column,
  headers_column,
  json_column,
  key_column,
  OBJECT_COLUMNS,
  object_row,
  object_values,
  type StoredObject,
} from "./object_row.ts";
import { is_marker, OLD_VERSIONS_SCHEMA, OldVersions, type Version } from "./old_versions.ts";

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS buckets (
    name TEXT PRIMARY KEY,
    created INTEGER NOT NULL,
    versioned INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE TABLE IF NOT EXISTS objects (
    bucket TEXT NOT NULL REFERENCES buckets (name),
    key BLOB NOT NULL,
    content TEXT NOT NULL UNIQUE,
    size INTEGER NOT NULL,
    etag TEXT NOT NULL,
    modified INTEGER NOT NULL,
    headers TEXT NOT NULL,
    checksum TEXT NOT NULL,
    version TEXT NOT NULL DEFAULT 'null',
    PRIMARY KEY (bucket, key)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS segments (
    content TEXT NOT NULL,
    ordinal INTEGER NOT NULL,
    blob TEXT NOT NULL,
    size INTEGER NOT NULL,
    PRIMARY KEY (content, ordinal)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS uploads (
    id TEXT PRIMARY KEY,
    bucket TEXT NOT NULL REFERENCES buckets (name),
    key BLOB NOT NULL,
    initiated INTEGER NOT NULL,
    headers TEXT NOT NULL,
    algorithm TEXT NOT NULL,
    type TEXT NOT NULL,
    algorithm_was_named INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS parts (
    upload TEXT NOT NULL REFERENCES uploads (id),
    number INTEGER NOT NULL,
    blob TEXT NOT NULL,
    size INTEGER NOT NULL,
    etag TEXT NOT NULL,
    modified INTEGER NOT NULL,
    checksums TEXT NOT NULL,
    PRIMARY KEY (upload, number)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS notifications (
    bucket TEXT NOT NULL REFERENCES buckets (name),
    id TEXT NOT NULL,
    prefix TEXT NOT NULL,
    PRIMARY KEY (bucket, id)
  ) STRICT, WITHOUT ROWID;
  ${OLD_VERSIONS_SCHEMA}
`;

/** Columns that a folder of before there were versions lacks. */
const LATER_COLUMNS = [
  ["buckets", "versioned", "INTEGER NOT NULL DEFAULT 0"],
  ["objects", "version", "TEXT NOT NULL DEFAULT 'null'"],
] as const;

const bucket_row = z.object({ name: z.string(), created: date_column });
const segment_row = z.object({ id: z.string(), size: z.number() });
const notification_row = z.object({ bucket: z.string(), id: z.string(), prefix: z.string() });
const upload_row = z.object({
  id: z.string(),
  key: key_column,
  initiated: date_column,
  headers: headers_column,
  algorithm: algorithm_schema,
  type: checksum_type_schema,
  algorithm_was_named: z.number().transform(Boolean),
});
const part_row = z.object({
  number: z.number(),
  blob: z.string(),
  size: z.number(),
  etag: z.string(),
  modified: date_column,
  /** Base64 by algorithm: that of the upload, and the one that came with the part if it was another. */
  checksums: json_column.pipe(z.partialRecord(algorithm_schema, z.string())),
});

export type Bucket = z.infer<typeof bucket_row>;
export type Upload = z.infer<typeof upload_row>;
export type Part = z.infer<typeof part_row>;
export type { StoredObject } from "./object_row.ts";
export type { Version } from "./old_versions.ts";
export type NewObject = Omit<StoredObject, "content" | "version"> & { segments: readonly Segment[] };

/** Judges a conditional write by the object that is there; throws if it may not go on. */
export type WriteCondition = (existing: StoredObject | undefined) => void;

/** Called when an object has been written, within its transaction: whoever throws has it undone. */
export type Written = (object: NewObject) => void;

/** What a write has done: the blobs that nothing refers to any more, and the version it has made, if any. */
export interface Change {
  freed: string[];
  version: string | undefined;
}

/** The version of what is written to a bucket that keeps none. */
export const UNVERSIONED = "null";

/** Keys never hold this byte, so a prefix followed by it lies behind every key with the prefix. */
export const AFTER_PREFIX = Buffer.of(0xff);

export class Catalog {
  readonly #database: Database;
  readonly #old_versions: OldVersions;

  /** Throws if another process has the file open: two servers would remove each other's blobs. */
  constructor(file: string) {
    this.#database = new Database(file, SCHEMA);
    this.#old_versions = new OldVersions(this.#database);
    this.#database.transaction(() => {
      for (const [table, column, type] of LATER_COLUMNS) {
        const has_it = "SELECT 1 FROM pragma_table_info(?) WHERE name = ?";
        if (this.#database.get(z.object({}), has_it, table, column)) continue;
        this.#database.run(`ALTER TABLE ${table} ADD COLUMN ${column} ${type}`);
      }
    });
  }

  close(): void {
    this.#database.close();
  }

  /** The ids of all blobs that an object or a part is made of. */
  blob_ids(): Set<string> {
    const rows = this.#database.all(
      z.object({ blob: z.string() }),
      "SELECT blob FROM segments UNION SELECT blob FROM parts",
    );
    return new Set(rows.map(({ blob }) => blob));
  }

  buckets(): Bucket[] {
    return this.#database.all(bucket_row, "SELECT name, created FROM buckets ORDER BY name");
  }

  has_bucket(name: string): boolean {
    return this.#database.get(z.object({}), "SELECT 1 FROM buckets WHERE name = ?", name) !== undefined;
  }

  require_bucket(name: string): void {
    if (!this.has_bucket(name)) throw no_such_bucket({ BucketName: name });
  }

  create_bucket(name: string, created: Date): void {
    this.#database.transaction(() => {
      if (this.has_bucket(name)) throw bucket_already_owned_by_you({ BucketName: name });
      this.#database.run("INSERT INTO buckets (name, created) VALUES (?, ?)", name, created.getTime());
    });
  }

  /** Removes an empty bucket and its unfinished uploads; returns the blobs that nothing refers to any more. */
  delete_bucket(name: string): string[] {
    return this.#database.transaction(() => {
      this.require_bucket(name);
      const has_objects = this.#database.get(
        z.object({}),
        "SELECT 1 FROM objects WHERE bucket = ? LIMIT 1",
        name,
      );
      if (has_objects || this.#old_versions.any(name)) {
        throw bucket_not_empty({ BucketName: name });
      }
      const freed = this.uploads(name, "").flatMap(({ id }) => this.#delete_upload(id));
      this.#database.run("DELETE FROM notifications WHERE bucket = ?", name);
      this.#database.run("DELETE FROM buckets WHERE name = ?", name);
      return freed;
    });
  }

  object(bucket: string, key: string): StoredObject | undefined {
    return this.#database.get(
      object_row,
      `SELECT ${OBJECT_COLUMNS} FROM objects WHERE bucket = ? AND key = ?`,
      bucket,
      Buffer.from(key),
    );
  }

  /** What an object's bytes lie in, in order. */
  segments(object: StoredObject): Segment[] {
    return this.#database.all(
      segment_row,
      "SELECT blob AS id, size FROM segments WHERE content = ? ORDER BY ordinal",
      object.content,
    );
  }

  /** The objects with `from <= key < to`, in order; read from the database only as far as the caller goes. */
  objects_between(bucket: string, from: Buffer, to: Buffer): Generator<StoredObject, void, undefined> {
    return this.#database.each(
      object_row,
      `SELECT ${OBJECT_COLUMNS} FROM objects WHERE bucket = ? AND key >= ? AND key < ? ORDER BY key`,
      bucket,
      from,
      to,
    );
  }

  is_versioned(bucket: string): boolean {
    const row = z.object({ versioned: z.number() });
    return this.#database.get(row, "SELECT versioned FROM buckets WHERE name = ?", bucket)?.versioned === 1;
  }

  /** From now on nothing that is in the bucket is lost when it is deleted or written anew. */
  keep_versions(bucket: string): void {
    this.require_bucket(bucket);
    this.#database.run("UPDATE buckets SET versioned = 1 WHERE name = ?", bucket);
  }

  /** The version that has this id, or without one the newest; undefined where there is none. */
  version(bucket: string, key: string, id?: string): Version | undefined {
    const current = this.object(bucket, key);
    if (id === undefined) return current ?? this.#old_versions.newest(bucket, key);
    return current?.version === id ? current : this.#old_versions.find(bucket, key, id);
  }

  /** The versions of keys with `from <= key < to`, by key, and of each key the newest first. */
  *versions_between(bucket: string, from: Buffer, to: Buffer): Generator<Version, void, undefined> {
    const current = this.objects_between(bucket, from, to);
    const old = this.#old_versions.between(bucket, from, to);
    try {
      let [object, version] = [current.next().value, old.next().value];
      while (object || version) {
        if (object && (!version || compare_keys(object.key, version.key) <= 0)) {
          yield object;
          object = current.next().value;
        } else if (version) {
          yield version;
          version = old.next().value;
        }
      }
    } finally {
      current.return();
      old.return();
    }
  }

  /** Removes a version for good; what was behind the current one is current then. Returns the blobs that are free. */
  delete_version(bucket: string, key: string, id: string): { deleted: Version | undefined; freed: string[] } {
    return this.#database.transaction(() => {
      this.require_bucket(bucket);
      const deleted = this.version(bucket, key, id);
      if (!deleted) return { deleted, freed: [] };
      const freed = is_marker(deleted) ? [] : this.#delete_segments(deleted.content);
      this.#database.run(
        "DELETE FROM objects WHERE bucket = ? AND key = ? AND version = ?",
        bucket,
        Buffer.from(key),
        id,
      );
      this.#old_versions.remove(bucket, deleted);
      const newest = this.version(bucket, key);
      if (newest && !is_marker(newest) && newest.version !== this.object(bucket, key)?.version) {
        this.#old_versions.remove(bucket, newest);
        this.#insert(bucket, newest);
      }
      return { deleted, freed };
    });
  }

  /** Forgets versions of keys with the prefix that are current no longer since before a time. */
  expire_versions(bucket: string, prefix: string, before: Date): void {
    this.#database.transaction(() => {
      for (const content of this.#old_versions.expire(bucket, prefix, before)) this.#delete_segments(content);
    });
  }

  /** Keeps these notifications and no others; returns those that are new or have changed. */
  configure_notifications<T extends NotificationConfiguration>(wanted: readonly T[]): T[] {
    return this.#database.transaction(() => {
      const known = this.#database.all(
        notification_row,
        "DELETE FROM notifications RETURNING bucket, id, prefix",
      );
      for (const { bucket, id, prefix } of wanted) {
        this.#database.run(
          "INSERT INTO notifications (bucket, id, prefix) VALUES (?, ?, ?)",
          bucket,
          id,
          prefix,
        );
      }
      return wanted.filter(
        ({ bucket, id, prefix }) =>
          !known.some((was) => was.bucket === bucket && was.id === id && was.prefix === prefix),
      );
    });
  }

  /** Writes an object if the condition holds; returns the blobs that nothing refers to any more. */
  put_object(
    bucket: string,
    object: NewObject,
    content: string,
    condition: WriteCondition,
    written: Written,
  ): Change {
    return this.#database.transaction(() => {
      this.require_bucket(bucket);
      condition(this.object(bucket, object.key));
      const version = this.#new_version(bucket);
      const { freed } = this.#set_aside(bucket, object.key, object.modified);
      this.#insert(bucket, { ...object, content, version: version ?? UNVERSIONED });
      for (const [ordinal, { id, size }] of object.segments.entries()) {
        this.#database.run(
          "INSERT INTO segments (content, ordinal, blob, size) VALUES (?, ?, ?, ?)",
          content,
          ordinal,
          id,
          size,
        );
      }
      written(object);
      return { freed, version };
    });
  }

  /**
   * Removes the current object, if there is one and the condition holds; in a bucket with versioning by a delete marker,
   * which is made even where there is nothing to delete.
   */
  delete_object(
    bucket: string,
    key: string,
    condition: WriteCondition,
    at: Date,
  ): Change & { was_there: boolean } {
    return this.#database.transaction(() => {
      this.require_bucket(bucket);
      condition(this.object(bucket, key));
      const version = this.#new_version(bucket);
      const set_aside = this.#set_aside(bucket, key, at);
      if (version !== undefined) this.#old_versions.add_marker(bucket, key, version, at);
      return { ...set_aside, version };
    });
  }

  create_upload(bucket: string, upload: Upload): void {
    this.#database.transaction(() => {
      this.require_bucket(bucket);
      this.#database.run(
        "INSERT INTO uploads (id, bucket, key, initiated, headers, algorithm, type, algorithm_was_named) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        upload.id,
        bucket,
        Buffer.from(upload.key),
        upload.initiated.getTime(),
        JSON.stringify(upload.headers),
        upload.algorithm,
        upload.type,
        Number(upload.algorithm_was_named),
      );
    });
  }

  upload(bucket: string, key: string, id: string): Upload {
    const upload = this.#database.get(
      upload_row,
      `SELECT ${UPLOAD_COLUMNS} FROM uploads WHERE id = ? AND bucket = ? AND key = ?`,
      id,
      bucket,
      Buffer.from(key),
    );
    if (!upload) throw no_such_upload({ UploadId: id });
    return upload;
  }

  /** The uploads under way to keys with the prefix, by key and then by age. */
  uploads(bucket: string, prefix: string): Upload[] {
    const from = Buffer.from(prefix);
    return this.#database.all(
      upload_row,
      `SELECT ${UPLOAD_COLUMNS} FROM uploads WHERE bucket = ? AND key >= ? AND key < ? ORDER BY key, initiated, id`,
      bucket,
      from,
      Buffer.concat([from, AFTER_PREFIX]),
    );
  }

  /** Adds or replaces a part; returns the blobs that are free. */
  put_part(upload: Upload, part: Part): string[] {
    return this.#database.transaction(() => {
      if (!this.#database.get(z.object({}), "SELECT 1 FROM uploads WHERE id = ?", upload.id)) {
        throw no_such_upload({ UploadId: upload.id });
      }
      const replaced = this.#database.all(
        z.object({ blob: z.string() }),
        "DELETE FROM parts WHERE upload = ? AND number = ? RETURNING blob",
        upload.id,
        part.number,
      );
      this.#database.run(
        "INSERT INTO parts (upload, number, blob, size, etag, modified, checksums) VALUES (?, ?, ?, ?, ?, ?, ?)",
        upload.id,
        part.number,
        part.blob,
        part.size,
        part.etag,
        part.modified.getTime(),
        JSON.stringify(part.checksums),
      );
      return replaced.map(({ blob }) => blob);
    });
  }

  /** An upload's parts, by number. */
  parts(upload: Upload): Part[] {
    return this.#database.all(
      part_row,
      "SELECT number, blob, size, etag, modified, checksums FROM parts WHERE upload = ? ORDER BY number",
      upload.id,
    );
  }

  /** Makes an upload into an object of the given segments; returns the blobs that are free. */
  complete_upload(
    bucket: string,
    upload: Upload,
    object: NewObject,
    condition: WriteCondition,
    written: Written,
  ): Change {
    return this.#database.transaction(() => {
      this.require_bucket(bucket);
      condition(this.object(bucket, object.key));
      const used = new Set(object.segments.map(({ id }) => id));
      const unused = this.#delete_upload(upload.id).filter((id) => !used.has(id));
      const { freed, version } = this.put_object(bucket, object, upload.id, () => {}, written);
      return { freed: [...unused, ...freed], version };
    });
  }

  delete_upload(upload: Upload): string[] {
    return this.#database.transaction(() => this.#delete_upload(upload.id));
  }

  /** The id of what is written to a bucket with versioning. */
  #new_version(bucket: string): string | undefined {
    return this.is_versioned(bucket) ? randomBytes(24).toString("base64url") : undefined;
  }

  /** Makes room at a key: in a bucket with versioning what was there is kept behind it. */
  #set_aside(bucket: string, key: string, at: Date): { freed: string[]; was_there: boolean } {
    const object = this.object(bucket, key);
    if (!object) return { freed: [], was_there: false };
    this.#database.run("DELETE FROM objects WHERE bucket = ? AND key = ?", bucket, Buffer.from(key));
    if (!this.is_versioned(bucket)) return { freed: this.#delete_segments(object.content), was_there: true };
    this.#old_versions.add_object(bucket, object, at);
    return { freed: [], was_there: true };
  }

  #insert(bucket: string, object: StoredObject): void {
    this.#database.run(
      `INSERT INTO objects (bucket, ${OBJECT_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      bucket,
      ...object_values(object),
    );
  }

  #delete_segments(content: string): string[] {
    return this.#database
      .all(z.object({ blob: z.string() }), "DELETE FROM segments WHERE content = ? RETURNING blob", content)
      .map(({ blob }) => blob);
  }

  #delete_upload(id: string): string[] {
    const parts = this.#database.all(
      z.object({ blob: z.string() }),
      "DELETE FROM parts WHERE upload = ? RETURNING blob",
      id,
    );
    this.#database.run("DELETE FROM uploads WHERE id = ?", id);
    return parts.map(({ blob }) => blob);
  }
}

const UPLOAD_COLUMNS = "id, key, initiated, headers, algorithm, type, algorithm_was_named";

const compare_keys = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));
