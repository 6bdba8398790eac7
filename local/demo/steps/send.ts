/** Uploads a file with its progress shown. */
import type { Answer } from "../api.ts";
import type { SentFile } from "../multipart_upload.ts";
import type { ShownProgress } from "../progress.ts";
import type { SignedInStage } from "./stage.ts";

export const send = (stage: SignedInStage, path: string, field: string, file: SentFile): Promise<Answer> =>
  with_progress(stage, file.name, file.bytes.byteLength, (on_sent) =>
    stage.user.upload(path, field, file, on_sent),
  );

/** @param work is given what it calls with the bytes that are done so far */
export async function with_progress<Result>(
  { progress }: SignedInStage,
  label: string,
  total: number,
  work: (on_done: ShownProgress["done"]) => Promise<Result>,
): Promise<Result> {
  let shown: ShownProgress | undefined;
  try {
    return await work((bytes, more) => {
      shown ??= progress(label, total);
      shown.done(bytes, more);
    });
  } finally {
    shown?.stop();
  }
}
