/**
 * What there is, in SQLite: buckets, objects, uploads under way and their parts. Every change is one
 * transaction, and the condition of a conditional write is judged inside it.
 *
 * Keys are stored as their UTF-8 bytes, so that SQLite orders them as S3 does, and any key is possible.
 */
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import * as z from "zod";
import type { Segment } from "./blobs.ts";
import { algorithm_schema, checksum_type_schema } from "./checksums.ts";
import { bucket_already_owned_by_you, bucket_not_empty, no_such_bucket, no_such_upload } from "./errors.ts";
import type { NotificationConfiguration } from "./notifications.ts";

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS buckets (
    name TEXT PRIMARY KEY,
    created INTEGER NOT NULL
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
`;

const key_column = z.instanceof(Uint8Array).transform((bytes) => Buffer.from(bytes).toString("utf8"));
const date_column = z.number().transform((milliseconds) => new Date(milliseconds));
const json_column = z.string().transform((text): unknown => JSON.parse(text));
const headers_column = json_column.pipe(z.record(z.string(), z.string()));

const bucket_row = z.object({ name: z.string(), created: date_column });
const object_row = z.object({
  key: key_column,
  /** Changes whenever the object is written; leads to its segments. */
  content: z.string(),
  size: z.number(),
  /** Without quotes. */
  etag: z.string(),
  modified: date_column,
  /** What is given back with the object: Content-Type and its like, and x-amz-meta-*; in lower case. */
  headers: headers_column,
  checksum: json_column.pipe(
    z.object({ algorithm: algorithm_schema, type: checksum_type_schema, value: z.string() }),
  ),
});
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
export type StoredObject = z.infer<typeof object_row>;
export type Upload = z.infer<typeof upload_row>;
export type Part = z.infer<typeof part_row>;
export type NewObject = Omit<StoredObject, "content"> & { segments: readonly Segment[] };

/** Judges a conditional write by the object that is there; throws if it may not go on. */
export type WriteCondition = (existing: StoredObject | undefined) => void;

/** Called when an object has been written, within its transaction: whoever throws has it undone. */
export type Written = (object: NewObject) => void;

/** Keys never hold this byte, so a prefix followed by it lies behind every key with the prefix. */
export const AFTER_PREFIX = Buffer.of(0xff);

export class Catalog {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  /** Throws if another process has the file open: two servers would remove each other's blobs. */
  constructor(file: string) {
    this.#database = new DatabaseSync(file);
    try {
      this.#database.exec("PRAGMA locking_mode = EXCLUSIVE");
      this.#database.exec("PRAGMA journal_mode = WAL");
      this.#database.exec("PRAGMA synchronous = NORMAL");
      this.#transaction(() => this.#database.exec(SCHEMA));
    } catch (error) {
      this.#database.close();
      throw is_locked(error) ? new Error(`Another server has ${file} open.`, { cause: error }) : error;
    }
  }

  close(): void {
    this.#database.close();
  }

  /** The ids of all blobs that an object or a part is made of. */
  blob_ids(): Set<string> {
    const rows = this.#all(
      z.object({ blob: z.string() }),
      "SELECT blob FROM segments UNION SELECT blob FROM parts",
    );
    return new Set(rows.map(({ blob }) => blob));
  }

  buckets(): Bucket[] {
    return this.#all(bucket_row, "SELECT name, created FROM buckets ORDER BY name");
  }

  has_bucket(name: string): boolean {
    return this.#get(z.object({}), "SELECT 1 FROM buckets WHERE name = ?", name) !== undefined;
  }

  require_bucket(name: string): void {
    if (!this.has_bucket(name)) throw no_such_bucket({ BucketName: name });
  }

  create_bucket(name: string, created: Date): void {
    this.#transaction(() => {
      if (this.has_bucket(name)) throw bucket_already_owned_by_you({ BucketName: name });
      this.#run("INSERT INTO buckets (name, created) VALUES (?, ?)", name, created.getTime());
    });
  }

  /** Removes an empty bucket and its unfinished uploads; returns the blobs that nothing refers to any more. */
  delete_bucket(name: string): string[] {
    return this.#transaction(() => {
      this.require_bucket(name);
      if (this.#get(z.object({}), "SELECT 1 FROM objects WHERE bucket = ? LIMIT 1", name)) {
        throw bucket_not_empty({ BucketName: name });
      }
      const freed = this.uploads(name, "").flatMap(({ id }) => this.#delete_upload(id));
      this.#run("DELETE FROM notifications WHERE bucket = ?", name);
      this.#run("DELETE FROM buckets WHERE name = ?", name);
      return freed;
    });
  }

  object(bucket: string, key: string): StoredObject | undefined {
    return this.#get(
      object_row,
      `SELECT ${OBJECT_COLUMNS} FROM objects WHERE bucket = ? AND key = ?`,
      bucket,
      Buffer.from(key),
    );
  }

  /** What an object's bytes lie in, in order. */
  segments(object: StoredObject): Segment[] {
    return this.#all(
      segment_row,
      "SELECT blob AS id, size FROM segments WHERE content = ? ORDER BY ordinal",
      object.content,
    );
  }

  /** The objects with `from <= key < to`, in order; read from the database only as far as the caller goes. */
  *objects_between(bucket: string, from: Buffer, to: Buffer): Generator<StoredObject> {
    // A statement of its own, since another listing may run while this one is under way.
    const statement = this.#database.prepare(
      `SELECT ${OBJECT_COLUMNS} FROM objects WHERE bucket = ? AND key >= ? AND key < ? ORDER BY key`,
    );
    for (const row of statement.iterate(bucket, from, to)) yield object_row.parse(row);
  }

  /** Keeps these notifications and no others; returns those that are new or have changed. */
  configure_notifications<T extends NotificationConfiguration>(wanted: readonly T[]): T[] {
    return this.#transaction(() => {
      const known = this.#all(notification_row, "DELETE FROM notifications RETURNING bucket, id, prefix");
      for (const { bucket, id, prefix } of wanted) {
        this.#run("INSERT INTO notifications (bucket, id, prefix) VALUES (?, ?, ?)", bucket, id, prefix);
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
  ): string[] {
    return this.#transaction(() => {
      this.require_bucket(bucket);
      condition(this.object(bucket, object.key));
      const freed = this.#delete_object(bucket, object.key);
      this.#run(
        `INSERT INTO objects (bucket, ${OBJECT_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
        bucket,
        Buffer.from(object.key),
        content,
        object.size,
        object.etag,
        object.modified.getTime(),
        JSON.stringify(object.headers),
        JSON.stringify(object.checksum),
      );
      for (const [ordinal, { id, size }] of object.segments.entries()) {
        this.#run(
          "INSERT INTO segments (content, ordinal, blob, size) VALUES (?, ?, ?, ?)",
          content,
          ordinal,
          id,
          size,
        );
      }
      written(object);
      return freed;
    });
  }

  /** Removes an object, if there is one and the condition holds; returns the blobs that are free. */
  delete_object(bucket: string, key: string, condition: WriteCondition): string[] {
    return this.#transaction(() => {
      this.require_bucket(bucket);
      condition(this.object(bucket, key));
      return this.#delete_object(bucket, key);
    });
  }

  create_upload(bucket: string, upload: Upload): void {
    this.#transaction(() => {
      this.require_bucket(bucket);
      this.#run(
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
    const upload = this.#get(
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
    return this.#all(
      upload_row,
      `SELECT ${UPLOAD_COLUMNS} FROM uploads WHERE bucket = ? AND key >= ? AND key < ? ORDER BY key, initiated, id`,
      bucket,
      from,
      Buffer.concat([from, AFTER_PREFIX]),
    );
  }

  /** Adds or replaces a part; returns the blobs that are free. */
  put_part(upload: Upload, part: Part): string[] {
    return this.#transaction(() => {
      if (!this.#get(z.object({}), "SELECT 1 FROM uploads WHERE id = ?", upload.id)) {
        throw no_such_upload({ UploadId: upload.id });
      }
      const replaced = this.#all(
        z.object({ blob: z.string() }),
        "DELETE FROM parts WHERE upload = ? AND number = ? RETURNING blob",
        upload.id,
        part.number,
      );
      this.#run(
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
    return this.#all(
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
  ): string[] {
    return this.#transaction(() => {
      this.require_bucket(bucket);
      condition(this.object(bucket, object.key));
      const used = new Set(object.segments.map(({ id }) => id));
      const unused = this.#delete_upload(upload.id).filter((id) => !used.has(id));
      return [...unused, ...this.put_object(bucket, object, upload.id, () => {}, written)];
    });
  }

  delete_upload(upload: Upload): string[] {
    return this.#transaction(() => this.#delete_upload(upload.id));
  }

  #delete_object(bucket: string, key: string): string[] {
    const object = this.object(bucket, key);
    if (!object) return [];
    this.#run("DELETE FROM objects WHERE bucket = ? AND key = ?", bucket, Buffer.from(key));
    return this.#all(
      z.object({ blob: z.string() }),
      "DELETE FROM segments WHERE content = ? RETURNING blob",
      object.content,
    ).map(({ blob }) => blob);
  }

  #delete_upload(id: string): string[] {
    const parts = this.#all(
      z.object({ blob: z.string() }),
      "DELETE FROM parts WHERE upload = ? RETURNING blob",
      id,
    );
    this.#run("DELETE FROM uploads WHERE id = ?", id);
    return parts.map(({ blob }) => blob);
  }

  /** Runs the work wholly or not at all; within another transaction, as a part of that one. */
  #transaction<T>(work: () => T): T {
    if (this.#database.isTransaction) return work();
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      const result = work();
      this.#database.exec("COMMIT");
      return result;
    } catch (error) {
      this.#database.exec("ROLLBACK");
      throw error;
    }
  }

  #get<T>(row: z.ZodType<T>, sql: string, ...values: SQLInputValue[]): T | undefined {
    const found = this.#prepare(sql).get(...values);
    return found === undefined ? undefined : row.parse(found);
  }

  #all<T>(row: z.ZodType<T>, sql: string, ...values: SQLInputValue[]): T[] {
    return this.#prepare(sql)
      .all(...values)
      .map((found) => row.parse(found));
  }

  #run(sql: string, ...values: SQLInputValue[]): void {
    this.#prepare(sql).run(...values);
  }

  #prepare(sql: string): StatementSync {
    const statement = this.#statements.get(sql) ?? this.#database.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }
}

function is_locked(error: unknown): boolean {
  const SQLITE_BUSY = 5;
  return error instanceof Error && "errcode" in error && error.errcode === SQLITE_BUSY;
}

const OBJECT_COLUMNS = "key, content, size, etag, modified, headers, checksum";
const UPLOAD_COLUMNS = "id, key, initiated, headers, algorithm, type, algorithm_was_named";
