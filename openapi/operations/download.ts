/** POST /download */
import { download_request } from "../../schemas/download.ts";
import { type Operation, request_model } from "../operation.ts";
import { FILENAME, FILENAME_EXAMPLE } from "../photo_fields.ts";

export const download: Operation = {
  tag: "Photos",
  summary: "Get the bytes of a photo",
  description: "Up to 4.5 MB they are the answer; above that, the answer says where they are.",
  body: {
    json: request_model(download_request, {
      name: "DownloadRequest",
      fields: {
        filename: FILENAME,
        disposition: "`inline` lets a browser show the photo; it is saved as a file otherwise.",
      },
      example: { filename: FILENAME_EXAMPLE },
    }),
  },
  answers: {
    200: {
      about: "The photo, with its media type.",
      bytes: "image/*",
      headers: ["ETag", "Content-Disposition"],
    },
    303: {
      about:
        "The photo is at `Location`, for 5 minutes. S3 needs no token: fetch the URL without it. A browser follows by itself.",
      headers: ["Location"],
    },
  },
  asks: "storage",
  problems: ["photo_not_found"],
};
