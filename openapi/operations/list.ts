/** POST /list */
import * as z from "zod";
import { list_request, list_response } from "../../schemas/list.ts";
import { type Operation, request_model, response_model } from "../operation.ts";
import {
  DELETED_AT,
  FILENAME,
  FILENAME_EXAMPLE,
  HEIGHT,
  NAME,
  SIZE,
  TAKEN_AT,
  UPLOADED_AT,
  WIDTH,
} from "../photo_fields.ts";

/** As its check has it, which has no words in zod that JSON Schema has as well. */
z.globalRegistry.add(list_request, {
  not: {
    properties: { deleted: { const: true }, details: { const: true } },
    required: ["deleted", "details"],
  },
});

export const list: Operation = {
  tag: "Photos",
  summary: "List the photos, newest first",
  description:
    "The body may be empty. A walk with the cursor sees each photo that was there at its beginning exactly once, whatever is " +
    "uploaded meanwhile.",
  body: {
    json: request_model(list_request, {
      name: "ListRequest",
      fields: {
        limit: "How many photos at most; without it, as many as fit an answer.",
        from: "Photos that were uploaded at this time or later; with a time zone.",
        to: "Photos that were uploaded before this time; with a time zone.",
        prefix:
          "The beginning of the name, capital and small letters told apart. A request looks at 20,000 photos at most, so an " +
          "answer may have few photos, or none, and a cursor.",
        deleted:
          "`true` for the photos that `/restore` can bring back, in place of those that are there; looked for as with `prefix`.",
        details:
          "`true` for `takenAt`, `width` and `height` of each photo. Storage is asked of every photo then, so an answer has 1,000 at " +
          "most. Not together with `deleted`.",
        cursor: "Of the answer before; with the same `from`, `to`, `prefix` and `deleted`.",
      },
      example: { limit: 50, details: true },
    }),
    may_be_empty: true,
  },
  answers: {
    200: {
      about: "Photos of the user.",
      json: response_model(list_response, {
        name: "ListResponse",
        fields: {
          photos: {
            about: "Newest first.",
            fields: {
              filename: FILENAME,
              name: NAME,
              size: SIZE,
              uploadedAt: UPLOADED_AT,
              takenAt: TAKEN_AT,
              width: WIDTH,
              height: HEIGHT,
              deletedAt: DELETED_AT,
            },
          },
          cursor:
            "There while there are older photos, or may be. It is of one user and of what was asked for.",
        },
        example: {
          photos: [
            {
              filename: FILENAME_EXAMPLE,
              name: "beach.jpg",
              size: 812954,
              uploadedAt: "2026-11-23T10:15:30.123Z",
              takenAt: "2026-07-14T12:30:00+02:00",
              width: 3024,
              height: 4032,
            },
          ],
          cursor: "kQ7XcQ0b2mB1yK5sZ4nV8wEoRf6uHjAi",
        },
      }),
    },
  },
  asks: "storage",
  problems: ["invalid_cursor"],
};
