/** POST /restore */
import { restore_request, restore_response } from "../../schemas/restore.ts";
import { type Operation, request_model, response_model } from "../operation.ts";
import { EACH_CODE, EACH_FILE, FILENAME, FILENAME_EXAMPLE, FILES } from "../photo_fields.ts";

export const restore: Operation = {
  tag: "Photos",
  summary: "Restore a deleted photo, or up to 1,000",
  description:
    "A photo can be restored for some days after it was deleted: 30, unless the operator has set another time. It is as it " +
    "was, with its filename. `/list` with `deleted` names those that can be.",
  body: {
    json: request_model(restore_request, {
      name: "RestoreRequest",
      fields: { file: FILENAME, files: FILES },
      example: { file: FILENAME_EXAMPLE },
    }),
  },
  answers: {
    200: {
      about: "The photo is there; or the outcomes of `files`.",
      json: response_model(restore_response, {
        name: "RestoreResponse",
        fields: {
          file: EACH_FILE,
          outcome:
            "`restored`; `not_deleted`: it is there already. Of `files` also `not_found`: malformed, another user's, never " +
            "there, or deleted too long ago; `failed`; `not_attempted`: the time was up. Send it again after the last two.",
          outcomes: {
            about: "In the order of `files`.",
            fields: { file: EACH_FILE, outcome: "As of one, and the others.", code: EACH_CODE },
          },
        },
        example: { file: FILENAME_EXAMPLE, outcome: "restored" },
      }),
    },
  },
  asks: "storage",
  problems: ["photo_not_found"],
};
