/** POST /upload_parts */
import { upload_parts_request, upload_parts_response } from "../../schemas/upload_parts.ts";
import { type Operation, request_model, response_model } from "../operation.ts";
import { UPLOAD_ID_EXAMPLE } from "../photo_fields.ts";

export const upload_parts: Operation = {
  tag: "Uploads",
  summary: "Have parts signed, and ask which have arrived",
  description:
    "`PUT` the bytes of a part to its URL, without a token; S3 takes them in exactly the part's length. After a crash, ask " +
    "what has arrived and send the rest.",
  body: {
    json: request_model(upload_parts_request, {
      name: "UploadPartsRequest",
      fields: { uploadId: "Of an upload in parts.", sign: "Numbers of the parts to be given a URL, from 1." },
      example: { uploadId: UPLOAD_ID_EXAMPLE, sign: [1, 2] },
    }),
  },
  answers: {
    200: {
      about: "What has arrived, and the URLs that were asked for.",
      json: response_model(upload_parts_response, {
        name: "UploadPartsResponse",
        fields: {
          partSize: "Bytes of every part but the last.",
          parts: {
            about: "What has arrived, as S3 lists it.",
            fields: {
              PartNumber: "From 1.",
              Size: "In bytes.",
              ETag: "As S3 gave it to whoever has sent the part.",
            },
          },
          urls: "By the number of the part.",
          requests: {
            about: "For clients that speak S3's own language; others need none of them.",
            fields: {
              GET: "S3's ListParts.",
              POST: "S3's CompleteMultipartUpload.",
              DELETE: "S3's AbortMultipartUpload.",
            },
          },
          expiresAt: "Until when the URLs are good: one hour from now.",
        },
        example: {
          partSize: 8_388_608,
          parts: [{ PartNumber: 1, Size: 8_388_608, ETag: '"9bb58f26192e4ba00f01e2e7b136bbd8"' }],
          urls: { "2": "https://photos.example.com/upload?partNumber=2" },
          requests: {
            GET: "https://photos.example.com/upload?uploadId=1",
            POST: "https://photos.example.com/upload?uploadId=1",
            DELETE: "https://photos.example.com/upload?uploadId=1",
          },
          expiresAt: "2026-11-23T11:15:30.123Z",
        },
      }),
    },
  },
  asks: "storage",
  problems: ["upload_not_found"],
};
