/** POST /check */
import { check_request, check_response } from "../../schemas/check.ts";
import { type Operation, request_model, response_model } from "../operation.ts";
import { DUPLICATE, FILENAME, FILENAME_EXAMPLE, SIZE } from "../photo_fields.ts";

const NAME = "The file's own name; it comes back as it is, and nothing is compared with it.";
const CHECKSUM = "The SHA-256 of the whole file, in lower-case hexadecimal.";
const EXAMPLE = {
  name: "beach.jpg",
  size: 812_954,
  checksum: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
};

export const check: Operation = {
  tag: "Photos",
  summary: "Ask which photos need not be sent",
  description:
    "Of each photo it says whether you have it already, byte for byte, in the order of the request. That it does not is no " +
    "promise: a photo that is sent all the same is found when it arrives. Where the operator has switched the detection of " +
    "duplicates off, and of photos that were stored meanwhile, nothing is known.",
  body: {
    json: request_model(check_request, {
      name: "CheckRequest",
      fields: { photos: { about: "1 to 250.", fields: { name: NAME, size: SIZE, checksum: CHECKSUM } } },
      example: { photos: [EXAMPLE] },
    }),
  },
  answers: {
    200: {
      about: "What is known of each photo.",
      json: response_model(check_response, {
        name: "CheckResponse",
        fields: {
          photos: {
            about: "In the order of the request.",
            fields: { name: NAME, size: SIZE, checksum: CHECKSUM, duplicate: DUPLICATE, filename: FILENAME },
          },
        },
        example: { photos: [{ ...EXAMPLE, duplicate: true, filename: FILENAME_EXAMPLE }] },
      }),
    },
  },
  asks: "storage",
};
