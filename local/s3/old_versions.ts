/**
 * What lies behind the current objects of a bucket with versioning: older versions, and delete markers. A key whose newest
 * entry is here has no current object, and that entry is a delete marker.
 */
import * as z from "zod";
import type { Database } from "./database.ts";
import {
  date_column,
  key_column,
  OBJECT_COLUMNS,
  object_row,
  object_values,
  type StoredObject,
} from "./object_row.ts";

/** `place` orders the entries of a key: the lowest is the newest. Of a delete marker only the first columns count. */
export const OLD_VERSIONS_SCHEMA = `
  CREATE TABLE IF NOT EXISTS old_versions (
    bucket TEXT NOT NULL REFERENCES buckets (name),
    key BLOB NOT NULL,
    place INTEGER NOT NULL,
    version TEXT NOT NULL,
    since INTEGER NOT NULL,
    modified INTEGER NOT NULL,
    content TEXT UNIQUE,
    size INTEGER,
    etag TEXT,
    headers TEXT,
    checksum TEXT,
    PRIMARY KEY (bucket, key, place)
  ) STRICT, WITHOUT ROWID;
`;

const marker_row = z.object({
  key: key_column,
  version: z.string(),
  modified: date_column,
  content: z.null(),
});
const entry_row = z.union([marker_row, object_row]);

export type DeleteMarker = z.infer<typeof marker_row>;
/** A delete marker has no content. */
export type Version = StoredObject | DeleteMarker;

export const is_marker = (version: Version): version is DeleteMarker => version.content === null;

export class OldVersions {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Puts an object that is current no longer before the other old versions of its key. */
  add_object(bucket: string, object: StoredObject, since: Date): void {
    this.#database.run(
      `INSERT INTO old_versions (bucket, place, since, ${OBJECT_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      bucket,
      this.#next_place(bucket, object.key),
      since.getTime(),
      ...object_values(object),
    );
  }

  add_marker(bucket: string, key: string, version: string, at: Date): void {
    this.#database.run(
      "INSERT INTO old_versions (bucket, key, place, version, since, modified) VALUES (?, ?, ?, ?, ?, ?)",
      bucket,
      Buffer.from(key),
      this.#next_place(bucket, key),
      version,
      at.getTime(),
      at.getTime(),
    );
  }

  newest(bucket: string, key: string): Version | undefined {
    return this.#database.get(
      entry_row,
      `SELECT ${OBJECT_COLUMNS} FROM old_versions WHERE bucket = ? AND key = ? ORDER BY place LIMIT 1`,
      bucket,
      Buffer.from(key),
    );
  }

  find(bucket: string, key: string, version: string): Version | undefined {
    return this.#database.get(
      entry_row,
      `SELECT ${OBJECT_COLUMNS} FROM old_versions WHERE bucket = ? AND key = ? AND version = ?`,
      bucket,
      Buffer.from(key),
      version,
    );
  }

  remove(bucket: string, { key, version }: Version): void {
    this.#database.run(
      "DELETE FROM old_versions WHERE bucket = ? AND key = ? AND version = ?",
      bucket,
      Buffer.from(key),
      version,
    );
  }

  any(bucket: string): boolean {
    return (
      this.#database.get(z.object({}), "SELECT 1 FROM old_versions WHERE bucket = ? LIMIT 1", bucket) !==
      undefined
    );
  }

  /** Those of keys with `from <= key < to`, by key, and of each key the newest first. */
  between(bucket: string, from: Buffer, to: Buffer): Generator<Version, void, undefined> {
    return this.#database.each(
      entry_row,
      `SELECT ${OBJECT_COLUMNS} FROM old_versions WHERE bucket = ? AND key >= ? AND key < ? ORDER BY key, place`,
      bucket,
      from,
      to,
    );
  }

  /**
   * Forgets the versions of keys with the prefix that have not been current since before a time, and the delete markers
   * behind which nothing is left; returns their contents.
   */
  expire(bucket: string, prefix: string, before: Date): string[] {
    const from = Buffer.from(prefix);
    const to = Buffer.concat([from, Buffer.of(0xff)]);
    const expired = this.#database.all(
      z.object({ content: z.string() }),
      `DELETE FROM old_versions WHERE bucket = ? AND key >= ? AND key < ? AND since < ? AND content IS NOT NULL
       RETURNING content`,
      bucket,
      from,
      to,
      before.getTime(),
    );
    this.#database.run(
      `DELETE FROM old_versions WHERE bucket = ? AND content IS NULL AND NOT EXISTS (
         SELECT 1 FROM old_versions AS older WHERE older.bucket = old_versions.bucket AND older.key = old_versions.key
         AND older.place > old_versions.place AND older.content IS NOT NULL)`,
      bucket,
    );
    return expired.map(({ content }) => content);
  }

  #next_place(bucket: string, key: string): number {
    const row = z.object({ place: z.number() });
    const lowest = this.#database.get(
      row,
      "SELECT coalesce(min(place), 0) AS place FROM old_versions WHERE bucket = ? AND key = ?",
      bucket,
      Buffer.from(key),
    );
    return (lowest?.place ?? 0) - 1;
  }
}
