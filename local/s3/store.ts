/** Where everything is kept: the catalog and the blobs in one folder, and what binds the two together. */
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { Blobs, type Segment } from "./blobs.ts";
import {
  Catalog,
  type NewObject,
  type Part,
  type Upload,
  type Version,
  type WriteCondition,
  type Written,
} from "./catalog.ts";
import { KeyWatches } from "./key_watches.ts";

export class Store {
  readonly catalog: Catalog;
  readonly blobs: Blobs;
  readonly watches = new KeyWatches();

  /** Opens the folder, which no other server may have open, and removes what a crash, or an expiry, left behind. */
  constructor(folder: string, expire: (catalog: Catalog) => void = () => {}) {
    this.blobs = new Blobs(join(folder, "blobs"));
    this.catalog = new Catalog(join(folder, "catalog.sqlite"));
    expire(this.catalog);
    this.blobs.remove_all_but(this.catalog.blob_ids());
  }

  close(): void {
    this.catalog.close();
  }

  /** @returns the version that was made, in a bucket with versioning */
  async put_object(
    bucket: string,
    object: NewObject,
    condition: WriteCondition,
    written: Written,
  ): Promise<string | undefined> {
    const { version } = await this.#commit(object.segments, () =>
      this.catalog.put_object(bucket, object, randomUUID(), condition, written),
    );
    return version;
  }

  /** @returns the version of the delete marker, in a bucket with versioning */
  async delete_object(
    bucket: string,
    key: string,
    condition: WriteCondition,
    at: Date,
  ): Promise<string | undefined> {
    const { freed, was_there, version } = this.catalog.delete_object(bucket, key, condition, at);
    if (was_there) this.watches.note_deletion(bucket, key);
    await this.blobs.remove(freed);
    return version;
  }

  async delete_version(bucket: string, key: string, version: string): Promise<Version | undefined> {
    const { deleted, freed } = this.catalog.delete_version(bucket, key, version);
    if (deleted && !this.catalog.object(bucket, key)) this.watches.note_deletion(bucket, key);
    await this.blobs.remove(freed);
    return deleted;
  }

  async put_part(upload: Upload, part: Part): Promise<void> {
    await this.#commit([{ id: part.blob, size: part.size }], () => ({
      freed: this.catalog.put_part(upload, part),
    }));
  }

  async complete_upload(
    bucket: string,
    upload: Upload,
    object: NewObject,
    condition: WriteCondition,
    written: Written,
  ): Promise<string | undefined> {
    const { freed, version } = this.catalog.complete_upload(bucket, upload, object, condition, written);
    await this.blobs.remove(freed);
    return version;
  }

  async delete_upload(upload: Upload): Promise<void> {
    await this.blobs.remove(this.catalog.delete_upload(upload));
  }

  async delete_bucket(name: string): Promise<void> {
    await this.blobs.remove(this.catalog.delete_bucket(name));
  }

  /** Commits fresh blobs to the catalog, or removes them if it does not take them. */
  async #commit<Done extends { freed: string[] }>(
    fresh: readonly Segment[],
    change: () => Done,
  ): Promise<Done> {
    let done: Done;
    try {
      done = change();
    } catch (error) {
      await this.blobs.remove(fresh.map(({ id }) => id));
      throw error;
    }
    await this.blobs.remove(done.freed);
    return done;
  }
}
