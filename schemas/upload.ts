/** What the endpoints of uploads share. */
import * as z from "zod/mini";

export const kind = z.enum(["photo", "archive"]);

/** Sealed; from the answer of /request_upload. */
export const upload_id = z.string().check(z.minLength(1), z.maxLength(2048));

export const size = z.int().check(z.positive());

export const expires_at = z.iso.datetime({ precision: 3 });

/** Bytes; of every part but the last. */
export const part_size = z.int().check(z.positive());
