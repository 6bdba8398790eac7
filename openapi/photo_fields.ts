/** What the document says of the fields that several operations have. */

export const FILENAME = "The photo's name in this API, `<timestamp>_<name>`. Keep it as it is.";
export const NAME =
  "The file's own name: the last segment of a path, in Unicode's NFC, without control and direction signs, at most 255 bytes.";
export const SIZE = "In bytes.";
export const CONTENT_TYPE = "The media type that the bytes have, whatever was declared.";
export const DUPLICATE =
  "There where you had the same photo already, byte for byte: `filename` is that photo's, and nothing was stored.";
export const UPLOADED_AT = "In UTC, with milliseconds.";
export const ENTRY_NAME = "The whole path of the entry in the archive.";
export const UPLOAD_ID = "Of `/request_upload`.";
export const JOB_ID = "Ask `/job` with it how far the extraction is.";
export const REFRESH_TOKEN = "Of `/login`, or of the `/refresh` before.";

export const FILENAME_EXAMPLE = "20261123T101530123Z_beach.jpg";
export const UPLOAD_ID_EXAMPLE = "pYd3lGTqkQ7XcQ0b2mB1yK5sZ4nV8wEoRf6uHjAi";
export const JOB_ID_EXAMPLE = "20261123T101530123Z-5f0c2a9e7b314d68";
export const TOKEN_EXAMPLE = "eyJraWQiOiI0N…";
