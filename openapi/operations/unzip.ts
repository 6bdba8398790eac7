/** POST /unzip */
import { unzip_request, unzip_response, unzip_started } from "../../schemas/unzip.ts";
import { type Operation, request_model, response_model } from "../operation.ts";
import {
  CONTENT_TYPE,
  DUPLICATE,
  ENTRY_NAME,
  FILENAME,
  FILENAME_EXAMPLE,
  JOB_ID,
  JOB_ID_EXAMPLE,
  SIZE,
  UPLOAD_ID,
  UPLOAD_ID_EXAMPLE,
} from "../photo_fields.ts";

export const unzip: Operation = {
  tag: "Archives",
  summary: "Store the photos of a ZIP archive",
  description:
    "A form with an archive up to about 4.5 MB is extracted at once, and every entry is in exactly one of the three lists of the " +
    "answer. An archive that has been uploaded by `/request_upload` is named in JSON by its `uploadId`, and is extracted " +
    "under a `jobId`. An archive that cannot be trusted as a whole, or exceeds a limit, is refused before anything of it is stored: " +
    "over 2,000 entries, over 512 KiB of directory, over 100 MB inflated.",
  body: {
    json: request_model(unzip_request, {
      name: "UnzipRequest",
      fields: { uploadId: UPLOAD_ID },
      example: { uploadId: UPLOAD_ID_EXAMPLE },
    }),
    form: {
      field: "archive",
      about: "The archive. Text fields beside it are ignored; a second file is refused.",
    },
  },
  answers: {
    200: {
      about: "The form's archive was extracted.",
      json: response_model(unzip_response, {
        name: "UnzipResponse",
        fields: {
          uploaded: {
            about: "Entries that are photos now.",
            fields: {
              name: ENTRY_NAME,
              filename: FILENAME,
              size: SIZE,
              contentType: CONTENT_TYPE,
              duplicate: DUPLICATE,
            },
          },
          skipped: {
            about: "Entries that are no photos.",
            fields: {
              name: ENTRY_NAME,
              reason:
                "`directory`, `platform_file` (what a system leaves in archives, such as `__MACOSX/`), `sidecar` (a JSON file " +
                "of Google Takeout, whose date its photo has been given where it had none) or `not_an_image`.",
            },
          },
          failed: {
            about: "Entries that could not be stored.",
            fields: {
              name: ENTRY_NAME,
              reason:
                "Of the entry: `empty_file`, `unsafe_path`, `name_too_long`, `encrypted`, `unsupported_method`, `symlink`, " +
                "`special_file`, `entry_too_large`, `ratio_too_high`, `size_mismatch`, `crc_mismatch`, `corrupt_data`, " +
                "`header_mismatch`. Send it again after: `storage_refused`, `storage_unavailable`, `write_failed`, " +
                "`read_failed`, `aborted`, `not_attempted`.",
            },
          },
        },
        example: {
          uploaded: [
            { name: "Beach/1.jpg", filename: FILENAME_EXAMPLE, size: 59734, contentType: "image/jpeg" },
          ],
          skipped: [{ name: "Beach/", reason: "directory" }],
          failed: [{ name: "../x.jpg", reason: "unsafe_path" }],
        },
      }),
    },
    202: {
      about: "The uploaded archive is being extracted.",
      json: response_model(unzip_started, {
        name: "UnzipStarted",
        fields: { jobId: JOB_ID },
        example: { jobId: JOB_ID_EXAMPLE },
      }),
    },
  },
  asks: "storage",
  problems: [
    "upload_not_found",
    "upload_incomplete",
    "upload_refused",
    "invalid_archive",
    "empty_archive",
    "archive_too_large",
  ],
};
