/** POST /upload_single_photo */
import { upload_single_photo_response } from "../../schemas/upload_single_photo.ts";
import { type Operation, response_model } from "../operation.ts";
import {
  CONTENT_TYPE,
  DUPLICATE,
  FILENAME,
  FILENAME_EXAMPLE,
  NAME,
  SIZE,
  UPLOADED_AT,
} from "../photo_fields.ts";

const uploaded = response_model(upload_single_photo_response, {
  name: "UploadSinglePhotoResponse",
  fields: {
    filename: FILENAME,
    name: NAME,
    size: SIZE,
    contentType: CONTENT_TYPE,
    uploadedAt: UPLOADED_AT,
    duplicate: DUPLICATE,
  },
  example: {
    filename: FILENAME_EXAMPLE,
    name: "beach.jpg",
    size: 812954,
    contentType: "image/jpeg",
    uploadedAt: "2026-11-23T10:15:30.123Z",
  },
});

export const upload_single_photo: Operation = {
  tag: "Photos",
  summary: "Store one photo",
  description:
    "For photos up to about 4.5 MB; `/request_upload` takes larger ones. The bytes decide whether it is a photo. Kinds that " +
    "are kept: JPEG, PNG (animated too), GIF, WebP, AVIF, HEIC and HEIF, JPEG XL, JPEG 2000, TIFF, BMP, and the raw kinds " +
    "DNG, CR2, CR3, RAF, NEF, ORF, RW2 and ARW.",
  body: {
    form: { field: "file", about: "The photo. Text fields beside it are ignored; a second file is refused." },
  },
  answers: {
    200: {
      about: "You had the same photo already. This says what it is called, and when that was stored.",
      json: uploaded,
    },
    201: { about: "The photo is stored.", json: uploaded },
  },
  asks: "storage",
  problems: ["not_an_image"],
};
