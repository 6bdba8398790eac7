/** POST /list */
import * as z from "zod/mini";
import { filename, name, size, uploaded_at } from "./photo.ts";

export const list_request = z.strictObject({
  limit: z.optional(z.int().check(z.minimum(1), z.maximum(1000))),
  /** From the answer before this one. */
  cursor: z.optional(z.string().check(z.minLength(1), z.maxLength(4096))),
});

export const listed_photo = z.strictObject({ filename, name, size, uploadedAt: uploaded_at });

export const list_response = z.strictObject({
  /** Newest first. */
  photos: z.array(listed_photo),
  /** Present where there are older photos. */
  cursor: z.optional(z.string()),
});

export type ListRequest = z.infer<typeof list_request>;
export type ListResponse = z.infer<typeof list_response>;
export type ListedPhoto = z.infer<typeof listed_photo>;
