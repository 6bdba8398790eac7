/** A body of one of two kinds, as its Content-Type says: JSON, or a multipart form. */
import { problem } from "@photo-uploader/layer";
import type { BodyKind, HttpEvent, HttpMiddleware } from "./pipeline.ts";

type Before = NonNullable<HttpMiddleware["before"]>;

/** @throws Problem `unsupported_media_type` for a third kind */
export const body_by_type = <Json, Form>(
  json: BodyKind<Json>,
  form: BodyKind<Form>,
): BodyKind<Json | Form> => {
  const body_by_type_before: Before = async (request) => {
    for (const { before } of kind_of(request.event, json, form).middleware) await before?.(request);
  };
  return {
    middleware: [{ before: body_by_type_before }],
    read: (event) => kind_of(event, json, form).read(event),
  };
};

const JSON_TYPE = /^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i;
const FORM_TYPE = /^multipart\//i;

function kind_of<Json, Form>(
  { headers }: HttpEvent,
  json: BodyKind<Json>,
  form: BodyKind<Form>,
): BodyKind<Json | Form> {
  const type = headers["content-type"] ?? "";
  if (JSON_TYPE.test(type)) return json;
  if (FORM_TYPE.test(type)) return form;
  throw problem(
    "unsupported_media_type",
    "Send the file as multipart/form-data, or say in application/json which upload is meant.",
  );
}
