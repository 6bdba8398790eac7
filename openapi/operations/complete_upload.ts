/** POST /complete_upload */
import {
  complete_upload_request,
  extraction_started,
  upload_completed,
} from "../../schemas/complete_upload.ts";
import { type Operation, request_model, response_model } from "../operation.ts";
import {
  CONTENT_TYPE,
  DUPLICATE,
  FILENAME,
  FILENAME_EXAMPLE,
  JOB_ID,
  JOB_ID_EXAMPLE,
  SIZE,
  UPLOAD_ID,
  UPLOAD_ID_EXAMPLE,
} from "../photo_fields.ts";

const completed = response_model(upload_completed, {
  name: "UploadCompleted",
  fields: { filename: FILENAME, size: SIZE, contentType: CONTENT_TYPE, duplicate: DUPLICATE },
  example: { filename: FILENAME_EXAMPLE, size: 12_000_000, contentType: "image/jpeg" },
});

export const complete_upload: Operation = {
  tag: "Uploads",
  summary: "Have an uploaded file admitted",
  description:
    "Joins the parts, if there are any, and says what has become of the file; done again, it says the same. An upload in " +
    "parts that is never completed is never admitted, and removed after a day.",
  body: {
    json: request_model(complete_upload_request, {
      name: "CompleteUploadRequest",
      fields: { uploadId: UPLOAD_ID },
      example: { uploadId: UPLOAD_ID_EXAMPLE },
    }),
  },
  answers: {
    200: {
      about:
        "It was a photo already, by an earlier request or by itself; or, as `duplicate` says, by another upload.",
      json: completed,
    },
    201: { about: "It is a photo now.", json: completed },
    202: {
      about: "It is an archive, and is being extracted.",
      json: response_model(extraction_started, {
        name: "ExtractionStarted",
        fields: { jobId: JOB_ID },
        example: { jobId: JOB_ID_EXAMPLE },
      }),
    },
  },
  asks: "storage",
  problems: ["upload_not_found", "upload_incomplete", "upload_refused"],
};
