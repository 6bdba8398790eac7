/** Photos are uploaded one by one, and what cannot be taken is refused. */
import { size_text } from "../output.ts";
import { all, file_of, refusal } from "../photo_client.ts";
import { enlarged, sample } from "../photos.ts";
import { sha256 } from "../sha256.ts";
import { with_progress } from "./send.ts";
import type { SignedInStage } from "./stage.ts";

/** A function is handed at most about 4.5 MB: Lambda takes 6 MB, in which base64 makes four bytes of three. */
const PASSES_BYTES = 4_400_000;

export async function upload_photos(stage: SignedInStage): Promise<void> {
  const { client, report, stored } = stage;
  report.heading("Uploading photos");
  const photos = [
    sample("jpeg_60k_baseline.jpg", "IMG_0001.jpg"),
    sample("photo_8bit.png", "Café Grün ☕.png"),
    sample("android_single.heic", "20260714_123000.heic"),
    sample("jpeg_named_png.png", "really_a_jpeg.png"),
    enlarged(sample("jpeg_60k_progressive.jpg", "large.jpg"), PASSES_BYTES),
  ];
  for (const { name, bytes, type } of photos) {
    const { filename, size, contentType } = await with_progress(stage, name, (onProgress) =>
      client.upload(file_of({ name, bytes }), { onProgress }),
    );
    stored.push({ filename, name, size: bytes.byteLength, type, sha256: sha256(bytes) });
    report.check(
      `${name} is stored as ${type}, ${size_text(bytes.byteLength)}`,
      { size, contentType },
      { size: bytes.byteLength, contentType: type },
    );
  }
}

export async function be_refused({ client, report }: SignedInStage): Promise<void> {
  report.heading("Sending what is refused");
  const bytes = Buffer.from("Dear diary, this is no photo.\n");
  report.check(
    "a text that calls itself notes.jpg is no photo: 415, as expected",
    await refusal(client.upload(file_of({ name: "notes.jpg", bytes }))),
    "415 not_an_image",
  );
  report.check(
    "a text that calls itself notes.zip is no archive: 422, as expected",
    await refusal(all(client.unzip(file_of({ name: "notes.zip", bytes })))),
    "422 invalid_archive",
  );
}
