/** An object as the catalog keeps it, whether it is the current version of its key or an older one. */
import * as z from "zod";
import { algorithm_schema, checksum_type_schema } from "./checksums.ts";

export const key_column = z.instanceof(Uint8Array).transform((bytes) => Buffer.from(bytes).toString("utf8"));
export const date_column = z.number().transform((milliseconds) => new Date(milliseconds));
export const json_column = z.string().transform((text): unknown => JSON.parse(text));
export const headers_column = json_column.pipe(z.record(z.string(), z.string()));

export const object_row = z.object({
  key: key_column,
  /** `null` for what was written while its bucket kept no versions. */
  version: z.string(),
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

export const OBJECT_COLUMNS = "key, version, content, size, etag, modified, headers, checksum";

export type StoredObject = z.infer<typeof object_row>;

/** The values of `OBJECT_COLUMNS`. */
export const object_values = (object: StoredObject) =>
  [
    Buffer.from(object.key),
    object.version,
    object.content,
    object.size,
    object.etag,
    object.modified.getTime(),
    JSON.stringify(object.headers),
    JSON.stringify(object.checksum),
  ] as const;
