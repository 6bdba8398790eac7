/** What the document says of the fields that several operations have. */

import * as z from "zod";
import { filenames } from "../schemas/photo.ts";

export const FILENAME = "The photo's name in this API, `<timestamp>_<name>`. Keep it as it is.";
/** As its check has it, which JSON Schema has a word for and zod has not. */
z.globalRegistry.add(filenames, { uniqueItems: true });

export const FILES = "1 to 1,000 filenames, each of them once.";
export const EACH_FILE = "The filename that was sent.";
export const EACH_CODE =
  "Of `failed`: `storage_refused`, `storage_unavailable`, `internal_error`, or `timeout`, after which it is not known whether it was done.";
export const NAME =
  "The file's own name: the last segment of a path, in Unicode's NFC, without control and direction signs, at most 255 bytes.";
export const SIZE = "In bytes.";
export const CONTENT_TYPE = "The media type that the bytes have, whatever was declared.";
export const DUPLICATE =
  "There where you had the same photo already, byte for byte: `filename` is that photo's, and nothing was stored.";
export const UPLOADED_AT = "In UTC, with milliseconds.";
export const TAKEN_AT =
  "With `details`, where it is known when the photo was taken: by the clock of the place, with the offset from UTC where the " +
  "camera knew it; or in UTC, with `Z`, where only a sidecar of Google Takeout knew it.";
export const WIDTH =
  "With `details`, where it is known: in pixels, as the photo is to be shown, whichever way the camera was held.";
export const HEIGHT = "As `width`.";
export const DELETED_AT = "Of a photo that is deleted; S3 knows it to the second.";
export const ENTRY_NAME = "The whole path of the entry in the archive.";
export const UPLOAD_ID = "Of `/request_upload`.";
export const JOB_ID = "Ask `/job` with it how far the extraction is.";
export const REFRESH_TOKEN = "Of `/login`, or of the `/refresh` before.";

export const FILENAME_EXAMPLE = "20261123T101530123Z_beach.jpg";
export const UPLOAD_ID_EXAMPLE = "pYd3lGTqkQ7XcQ0b2mB1yK5sZ4nV8wEoRf6uHjAi";
export const JOB_ID_EXAMPLE = "20261123T101530123Z-5f0c2a9e7b314d68";
export const TOKEN_EXAMPLE = "eyJraWQiOiI0N…";
