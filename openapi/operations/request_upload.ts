/** POST /request_upload */
import { request_upload_request, request_upload_response } from "../../schemas/request_upload.ts";
import { type Operation, request_model, response_model } from "../operation.ts";
import { UPLOAD_ID_EXAMPLE } from "../photo_fields.ts";

export const request_upload: Operation = {
  tag: "Uploads",
  summary: "Ask where to send a large file",
  description:
    "For files that are larger than the gateway takes (about 4.5 MB), or that are not to break off with the connection: the " +
    "client sends them to S3 itself. With `method` `POST`, send a multipart form to `url` with all of `fields`, and the file " +
    "behind them as `file`, before `expiresAt`. With `method` `PUT`, cut the file into parts of `partSize` bytes, the last one " +
    "smaller, and have them signed by `/upload_parts`. What has arrived is admitted by itself within seconds; " +
    "`/complete_upload` does it at once, and says what has become of it. A photo may have 200 MB unless the operator has set " +
    "another limit, an archive 5 GiB.",
  body: {
    json: request_model(request_upload_request, {
      name: "RequestUploadRequest",
      fields: {
        name: "The file's name.",
        size: "Exactly, in bytes.",
        contentType:
          "For a photo one of the kinds that are kept, for an archive `application/zip`, `application/x-zip-compressed` or " +
          "`application/x-zip`; for either `application/octet-stream`, or an empty text, where it is not known: the bytes decide.",
        kind: "What it is to become: a photo, or the photos of an archive.",
        crc32: "The file's CRC-32 as 8 hexadecimal digits; S3 then takes no other bytes.",
        multipart:
          "`true` for parts that can be resumed, `false` for one form; parts are the default above 100 MB.",
      },
      example: { name: "large.jpg", size: 12_000_000, contentType: "image/jpeg", kind: "photo" },
    }),
  },
  answers: {
    201: {
      about: "Where to send the file.",
      json: response_model(request_upload_response, {
        name: "RequestUploadResponse",
        fields: {
          uploadId: "All that has to be kept of the upload. It is of one user, and good for 24 hours.",
          method: "`POST` for one form, `PUT` for parts.",
          url: "Where the form goes. It needs no token.",
          fields: "Fields of the form; all of them stand before the file.",
          partSize: "Bytes of every part but the last.",
          parts: "How many there are.",
          expiresAt:
            "Until when the form can be sent, 10 minutes from now; or the upload completed, a day from now.",
        },
        example: {
          uploadId: UPLOAD_ID_EXAMPLE,
          method: "PUT",
          partSize: 8_388_608,
          parts: 12,
          expiresAt: "2026-11-24T10:15:30.123Z",
        },
      }),
    },
  },
  asks: "storage",
  problems: ["type_not_accepted", "file_too_large"],
};
