/** POST /list */
import * as z from "zod/mini";
import { filename, name, pixels, size, taken_at, uploaded_at } from "./photo.ts";

const moment = z.iso.datetime({ offset: true });

export const list_request = z
  .strictObject({
    limit: z.optional(z.int().check(z.minimum(1), z.maximum(1000))),
    /** Inclusive. */
    from: z.optional(moment),
    /** Exclusive, so that months follow each other without a photo in both. */
    to: z.optional(moment),
    /** Of the name; no name has more than 255 bytes. */
    prefix: z.optional(z.string().check(z.minLength(1), z.maxLength(255))),
    /** Those that can be restored, in place of those that are there. */
    deleted: z.optional(z.boolean()),
    /** Whether each photo is to come with what it says of itself. */
    details: z.optional(z.boolean()),
    /** From the answer before this one. */
    cursor: z.optional(z.string().check(z.minLength(1), z.maxLength(4096))),
  })
  .check(
    z.refine(({ deleted, details }) => !(deleted && details), {
      error: "The details of deleted photos are not known. Restore them first.",
      path: ["details"],
    }),
  );

export const listed_photo = z.strictObject({
  filename,
  name,
  size,
  uploadedAt: uploaded_at,
  /** With details, where they are known. */
  takenAt: z.optional(taken_at),
  width: z.optional(pixels),
  height: z.optional(pixels),
  /** Of a photo that is deleted. */
  deletedAt: z.optional(z.iso.datetime({ precision: 3 })),
});

export const list_response = z.strictObject({
  /** Newest first. */
  photos: z.array(listed_photo),
  /** Present where there are older photos, or where older ones have still to be looked at. */
  cursor: z.optional(z.string()),
});

export type ListRequest = z.infer<typeof list_request>;
export type ListResponse = z.infer<typeof list_response>;
export type ListedPhoto = z.infer<typeof listed_photo>;
