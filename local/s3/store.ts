/** Where everything is kept: the catalog and the blobs in one folder, and what binds the two together. */
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { Blobs, type Segment } from "./blobs.ts";
import {
  Catalog,
  type NewObject,
  type Part,
  type Upload,
  type WriteCondition,
  type Written,
} from "./catalog.ts";
import { KeyWatches } from "./key_watches.ts";

export class Store {
  readonly catalog: Catalog;
  readonly blobs: Blobs;
  readonly watches = new KeyWatches();

  /** Opens the folder, which no other server may have open, and removes what a crash left behind. */
  constructor(folder: string) {
    this.blobs = new Blobs(join(folder, "blobs"));
    this.catalog = new Catalog(join(folder, "catalog.sqlite"));
    this.blobs.remove_all_but(this.catalog.blob_ids());
  }

  close(): void {
    this.catalog.close();
  }

  async put_object(
    bucket: string,
    object: NewObject,
    condition: WriteCondition,
    written: Written,
  ): Promise<void> {
    await this.#commit(object.segments, () =>
      this.catalog.put_object(bucket, object, randomUUID(), condition, written),
    );
  }

  async delete_object(bucket: string, key: string, condition: WriteCondition): Promise<void> {
    const freed = this.catalog.delete_object(bucket, key, condition);
    if (freed.length > 0) this.watches.note_deletion(bucket, key);
    await this.blobs.remove(freed);
  }

  async put_part(upload: Upload, part: Part): Promise<void> {
    await this.#commit([{ id: part.blob, size: part.size }], () => this.catalog.put_part(upload, part));
  }

  async complete_upload(
    bucket: string,
    upload: Upload,
    object: NewObject,
    condition: WriteCondition,
    written: Written,
  ): Promise<void> {
    await this.blobs.remove(this.catalog.complete_upload(bucket, upload, object, condition, written));
  }

  async delete_upload(upload: Upload): Promise<void> {
    await this.blobs.remove(this.catalog.delete_upload(upload));
  }

  async delete_bucket(name: string): Promise<void> {
    await this.blobs.remove(this.catalog.delete_bucket(name));
  }

  /** Commits fresh blobs to the catalog, or removes them if it does not take them. */
  async #commit(fresh: readonly Segment[], change: () => string[]): Promise<void> {
    let freed: string[];
    try {
      freed = change();
    } catch (error) {
      await this.blobs.remove(fresh.map(({ id }) => id));
      throw error;
    }
    await this.blobs.remove(freed);
  }
}
