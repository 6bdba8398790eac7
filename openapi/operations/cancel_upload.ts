/** POST /cancel_upload */
import { cancel_upload_request } from "../../schemas/cancel_upload.ts";
import { type Operation, request_model } from "../operation.ts";
import { UPLOAD_ID, UPLOAD_ID_EXAMPLE } from "../photo_fields.ts";

export const cancel_upload: Operation = {
  tag: "Uploads",
  summary: "Remove what has arrived of an upload",
  description: "It does not stop a form that is still being sent, or sent again: end that first.",
  body: {
    json: request_model(cancel_upload_request, {
      name: "CancelUploadRequest",
      fields: { uploadId: UPLOAD_ID },
      example: { uploadId: UPLOAD_ID_EXAMPLE },
    }),
  },
  answers: { 204: { about: "What had arrived is gone." } },
  asks: "storage",
  problems: ["upload_not_found", "upload_completed"],
};
