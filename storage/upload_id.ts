/** The `uploadId` that a client is given: what was asked for, sealed, so that nothing has to be kept of it here. */
import { problem } from "@photo-uploader/layer";
import { sealer } from "./sealed.ts";

export interface Upload {
  /** Of the upload's keys. */
  readonly id: string;
  readonly kind: "photo" | "archive";
  /** Bytes. */
  readonly size: number;
  /** Eight hexadecimal digits. */
  readonly crc32?: string | undefined;
  /** What S3 calls the upload; present where the file is sent in parts. */
  readonly multipart?: string | undefined;
}

/** How long what has been uploaded can be completed. A lifecycle rule removes what is left behind for longer. */
export const UPLOAD_SECONDS = 24 * 60 * 60;

export interface UploadIds {
  seal(user: string, upload: Upload, expires: Date): string;
  /** @throws Problem `upload_not_found` for an id that is made up, another user's, or expired: all the same. */
  open(user: string, upload_id: string): Upload;
}

/** @param secret at least 32 characters, the same for every instance of the functions */
export function upload_ids(secret: string): UploadIds {
  const { seal, open } = sealer(secret, "upload id");
  return {
    seal,
    open: (user, upload_id) => {
      const opened = open(user, upload_id);
      if (is_upload(opened)) return opened;
      throw upload_not_found();
    },
  };
}

/** Of what is sealed with this key, which is all ours. A schema would add 28 KB to a bundle that has none. */
const is_upload = (opened: unknown): opened is Upload =>
  typeof opened === "object" && opened !== null && "id" in opened && "kind" in opened && "size" in opened;

export const upload_not_found = () =>
  problem("upload_not_found", "None of your uploads has this id. Begin anew with POST /request_upload.");
