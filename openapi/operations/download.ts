/** POST /download */
import { download_request, download_started } from "../../schemas/download.ts";
import { type Operation, request_model, response_model } from "../operation.ts";
import { FILENAME, FILENAME_EXAMPLE, JOB_ID_EXAMPLE } from "../photo_fields.ts";

export const download: Operation = {
  tag: "Photos",
  summary: "Get the bytes of a photo, or an archive of several",
  description:
    "Send `filename` for one photo: up to 4.5 MB its bytes are the answer; above that, the answer says where they are. Send " +
    "`filenames`, or `all`, for a ZIP archive of several photos, which is made under a `jobId`: up to 100,000 photos, 50 GiB, and " +
    "32 MiB of directory. The names in it are those of the photos; of those that only differ in case all but the first get a " +
    "number, as in `beach (2).jpg`. A photo that is not there when its turn comes is left out, and `/job` names it.",
  body: {
    json: request_model(download_request, {
      name: "DownloadRequest",
      fields: {
        filename: FILENAME,
        disposition: "`inline` lets a browser show the photo; it is saved as a file otherwise.",
        filenames: "The photos of the archive, in any order; one that is named twice is in it once.",
        all: "All photos that there are.",
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
    202: {
      about: "The archive is being made.",
      json: response_model(download_started, {
        name: "DownloadStarted",
        fields: { jobId: "Ask `/job` with it how far the archive is, and where it can be fetched." },
        example: { jobId: JOB_ID_EXAMPLE },
      }),
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
