/** A JSON body that says which upload is meant, and nothing else. */
import type { FieldError } from "@photo-uploader/layer";
import { json_parser, refuse_fields, unknown_field } from "./json_parser.ts";
import type { BodyKind } from "./pipeline.ts";

export interface NamedUpload {
  readonly uploadId: string;
}

/** More than any has. */
const LONGEST_ID = 2_048;

/** As `json_body` of `unzip_request`, for a bundle that 17 KB of schemas would make too large. */
export const upload_id_body = (): BodyKind<NamedUpload> => ({
  middleware: [json_parser()],
  read: ({ body }) => judged(body),
});

/** @throws Problem `invalid_request` */
function judged(body: unknown): NamedUpload {
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    return refuse_fields([{ field: "", message: "Invalid input: expected object" }]);
  }
  const errors: FieldError[] = Object.keys(body).flatMap((key) =>
    key === "uploadId" ? [] : [unknown_field([key])],
  );
  const uploadId = "uploadId" in body ? body.uploadId : undefined;
  if (typeof uploadId !== "string" || uploadId === "" || uploadId.length > LONGEST_ID) {
    const message = `Invalid input: expected a text of 1 to ${LONGEST_ID} characters`;
    return refuse_fields([{ field: "uploadId", message }, ...errors]);
  }
  if (errors.length > 0) return refuse_fields(errors);
  return { uploadId };
}
