/** POST /download */
import * as z from "zod/mini";
import { filename } from "./photo.ts";

export const download_request = z.strictObject({
  filename,
  /** `inline` lets a browser show the photo; it is saved as a file otherwise. */
  disposition: z._default(z.enum(["attachment", "inline"]), "attachment"),
});

export type DownloadRequest = z.infer<typeof download_request>;
