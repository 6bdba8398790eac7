/** POST /delete */
import { delete_request, delete_response } from "../../schemas/delete.ts";
import { type Operation, request_model, response_model } from "../operation.ts";
import { EACH_CODE, EACH_FILE, FILENAME, FILENAME_EXAMPLE, FILES } from "../photo_fields.ts";

export const delete_photos: Operation = {
  tag: "Photos",
  summary: "Delete a photo, or up to 1,000",
  description:
    "Of two requests at once only one is told that it deleted. Of `files` each has its own outcome, and the answer is a 200 " +
    "whatever these are. What is deleted can be restored for some days.",
  body: {
    json: request_model(delete_request, {
      name: "DeleteRequest",
      fields: { file: FILENAME, files: FILES },
      example: { file: FILENAME_EXAMPLE },
    }),
  },
  answers: {
    200: {
      about: "The photo is gone; or the outcomes of `files`.",
      json: response_model(delete_response, {
        name: "DeleteResponse",
        fields: {
          deleted: "The filename that was sent.",
          outcomes: {
            about: "In the order of `files`.",
            fields: {
              file: EACH_FILE,
              outcome:
                "`deleted`; `not_found`: malformed, another user's, or not there; `failed`; `not_attempted`: the time was up. " +
                "Send it again after the last two.",
              code: EACH_CODE,
            },
          },
        },
        example: { deleted: FILENAME_EXAMPLE },
      }),
    },
  },
  asks: "storage",
  problems: ["photo_not_found"],
};
