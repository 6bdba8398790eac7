/** PutObject. */
import type { StoredObject } from "./catalog.ts";
import { type Checksum, checksum_headers, DEFAULT_ALGORITHM } from "./checksums.ts";
import { write_condition } from "./conditions.ts";
import { object_headers } from "./object_headers.ts";
import { type Answer, type Call, quoted } from "./operation.ts";
import { type Digests, open_payload, read_claims } from "./payload.ts";
import { version_header } from "./versioning.ts";

export async function put_object({ request, store, now, created }: Call): Promise<Answer> {
  const { bucket, key } = request;
  store.catalog.require_bucket(bucket);
  const headers = object_headers(request.headers);
  const claims = read_claims(request);
  const watch = store.watches.watch(bucket, key);
  try {
    const condition = write_condition(request.headers, key, watch);
    // Judged here to spare the client its upload, and again, for good, when the object is committed.
    condition(store.catalog.object(bucket, key));
    const algorithm = claims.checksum?.algorithm ?? DEFAULT_ALGORITHM;
    const payload = open_payload(request, claims, [algorithm]);
    const blob = await store.blobs.write(payload.chunks);
    const object = { key, headers, modified: now(), ...whole_object(payload.digests(), algorithm, blob) };
    const version = await store.put_object(bucket, object, condition, created("Put"));
    return {
      status: 200,
      headers: {
        etag: quoted(object.etag),
        ...checksum_headers(object.checksum),
        ...version_header(store.catalog, bucket, version),
      },
    };
  } finally {
    watch.release();
  }
}

/** The record of an object that came in one piece. */
export function whole_object(
  digests: Digests,
  algorithm: Checksum["algorithm"],
  blob: string,
): Pick<StoredObject, "size" | "etag" | "checksum"> & { segments: { id: string; size: number }[] } {
  const { size, md5, checksums } = digests;
  const value = checksums[algorithm] ?? "";
  return {
    size,
    etag: md5,
    checksum: { algorithm, type: "FULL_OBJECT", value },
    segments: [{ id: blob, size }],
  };
}
