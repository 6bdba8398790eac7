/** The `uploadId` that a client is given: what was asked for, sealed, so that nothing has to be kept of it here. */
import { problem } from "@photo-uploader/layer";
import * as z from "zod/mini";
import { sealer } from "./sealed.ts";

const upload = z.object({
  /** Of the upload's keys. */
  id: z.string(),
  kind: z.enum(["photo", "archive"]),
  /** Bytes. */
  size: z.number(),
  /** Eight hexadecimal digits. */
  crc32: z.optional(z.string()),
  /** What S3 calls the upload; present where the file is sent in parts. */
  multipart: z.optional(z.string()),
});
export type Upload = z.infer<typeof upload>;

/** How long what has been uploaded can be completed. A lifecycle rule removes what is left behind for longer. */
export const UPLOAD_SECONDS = 24 * 60 * 60;

export interface UploadIds {
  seal(user: string, upload: Upload, expires: Date): Promise<string>;
  /** @throws Problem `upload_not_found` for an id that is made up, another user's, or expired: all the same. */
  open(user: string, upload_id: string): Promise<Upload>;
}

/** @param secret at least 32 characters, the same for every instance of the functions */
export function upload_ids(secret: string): UploadIds {
  const { seal, open } = sealer(secret, "upload id");
  return {
    seal,
    open: async (user, upload_id) => {
      const opened = upload.safeParse(await open(user, upload_id));
      if (opened.success) return opened.data;
      throw upload_not_found();
    },
  };
}

export const upload_not_found = () =>
  problem("upload_not_found", "None of your uploads has this id. Begin anew with POST /request_upload.");
