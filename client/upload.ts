/** One photo: in one request where it is small, else by way of S3. */
import type { Api } from "./api.ts";
import type { UploadedPhoto } from "./api_schemas.ts";
import { is_coded } from "./problem_error.ts";
import { goes_direct, send_direct, TOO_LARGE_FOR_GATEWAY } from "./send_direct.ts";
import { type SendOptions, type SendProgress, send_file } from "./send_file.ts";

export interface UploadOptions extends SendOptions {
  readonly onProgress?: ((progress: SendProgress) => void) | undefined;
}

/** @throws ProblemError, ConnectionError, or the signal's reason */
export async function upload_photo(api: Api, photo: Blob, options: UploadOptions): Promise<UploadedPhoto> {
  const on_progress = (progress: SendProgress) => options.onProgress?.(progress);
  if (goes_direct(photo, options)) {
    try {
      return await send_direct(api, "/upload_single_photo", "file", photo, options, on_progress);
    } catch (error) {
      if (!is_coded(error, TOO_LARGE_FOR_GATEWAY)) throw error;
    }
  }
  const stored = await send_file(api, photo, "photo", options, on_progress);
  if (!("filename" in stored)) throw new TypeError("This upload is an archive's: unzip() goes on with it.");
  return stored;
}
