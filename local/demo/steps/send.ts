/** Uploads a file with its progress shown. */
import type { Answer } from "../api.ts";
import type { SentFile } from "../multipart_upload.ts";
import type { UploadProgress } from "../progress.ts";
import type { SignedInStage } from "./stage.ts";

export async function send(
  { user, progress }: SignedInStage,
  path: string,
  field: string,
  file: SentFile,
): Promise<Answer> {
  let shown: UploadProgress | undefined;
  try {
    return await user.upload(path, field, file, (sent) => {
      shown ??= progress(file.name, file.bytes.byteLength);
      shown.sent(sent);
    });
  } finally {
    shown?.stop();
  }
}
