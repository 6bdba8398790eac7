/** POST /download */
import * as z from "zod/mini";
import { filename } from "./photo.ts";

/** As many as `/list` names in one answer. */
export const MOST_FILENAMES = 1_000;

/** One photo. */
const one_photo = z.strictObject({
  filename,
  /** `inline` lets a browser show the photo; it is saved as a file otherwise. */
  disposition: z._default(z.enum(["attachment", "inline"]), "attachment"),
});

/** Several photos as one archive. */
const some_photos = z.strictObject({
  filenames: z.array(filename).check(z.minLength(1), z.maxLength(MOST_FILENAMES)),
});
const all_photos = z.strictObject({ all: z.literal(true) });

export const download_request = z.union([one_photo, some_photos, all_photos]);

/** Of an archive that is made. */
export const download_started = z.strictObject({ jobId: z.string() });

export type DownloadRequest = z.infer<typeof download_request>;
export type DownloadStarted = z.infer<typeof download_started>;
export type DownloadOfOne = z.infer<typeof one_photo>;
export type DownloadOfSeveral = Exclude<DownloadRequest, DownloadOfOne>;
