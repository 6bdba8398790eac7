/** POST /check */
import * as z from "zod/mini";
import { duplicate, filename, size } from "./photo.ts";

/** SHA-256 of the whole file. */
const checksum = z
  .string()
  .check(z.regex(/^[0-9a-f]{64}$/, "Invalid SHA-256: expected 64 hexadecimal digits"));

/** The file's own name, for whoever reads the answer. */
const name = z.string().check(z.minLength(1), z.maxLength(1024));

/** With names of 100 characters, so many fit into a body of JSON. */
export const check_request = z.strictObject({
  photos: z.array(z.strictObject({ name, size, checksum })).check(z.minLength(1), z.maxLength(250)),
});

export const check_response = z.strictObject({
  /** In the order of the request. */
  photos: z.array(z.strictObject({ name, size, checksum, duplicate, filename: z.optional(filename) })),
});

export type CheckRequest = z.infer<typeof check_request>;
export type CheckResponse = z.infer<typeof check_response>;
