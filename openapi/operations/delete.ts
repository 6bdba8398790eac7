/** POST /delete */
import { delete_request, delete_response } from "../../schemas/delete.ts";
import { type Operation, request_model, response_model } from "../operation.ts";
import { FILENAME, FILENAME_EXAMPLE } from "../photo_fields.ts";

export const delete_one: Operation = {
  tag: "Photos",
  summary: "Delete a photo",
  description: "Of two requests at once only one is told that it deleted.",
  body: {
    json: request_model(delete_request, {
      name: "DeleteRequest",
      fields: { file: FILENAME },
      example: { file: FILENAME_EXAMPLE },
    }),
  },
  answers: {
    200: {
      about: "The photo is gone.",
      json: response_model(delete_response, {
        name: "DeleteResponse",
        fields: { deleted: "The filename that was sent." },
        example: { deleted: FILENAME_EXAMPLE },
      }),
    },
  },
  asks: "storage",
  problems: ["photo_not_found"],
};
