/** What the endpoints say of a photo. */
import * as z from "zod/mini";

/** `<timestamp>_<name>`: at most 19 + 1 + 255 bytes, so never more characters than this. */
export const filename = z.string().check(z.minLength(1), z.maxLength(275));

export const name = z.string();
/** There, and true, where the user had the photo already. */
export const duplicate = z.optional(z.literal(true));

/** Why one photo of many failed; problems have these codes, too. */
export const failure_code = z.enum(["storage_refused", "storage_unavailable", "internal_error", "timeout"]);

export const size = z.int().check(z.nonnegative());
export const content_type = z.string();
/** By the clock of the place, so that it may have no offset from UTC. */
export const taken_at = z
  .string()
  .check(z.regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:Z|[+-]\d{2}:\d{2})?$/));
export const pixels = z.int().check(z.positive());
export const uploaded_at = z.iso.datetime({ precision: 3 });

/** As many as a gallery may mark at once, each of them once. */
export const filenames = z.array(filename).check(
  z.minLength(1),
  z.maxLength(1000),
  z.refine((files) => new Set(files).size === files.length, { error: "Each file may be named once." }),
);
