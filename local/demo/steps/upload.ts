/** Photos are uploaded one by one, and what cannot be taken is refused. */
import { upload_single_photo_response } from "../../../schemas/upload_single_photo.ts";
import { outcome, read_answer } from "../api.ts";
import { size_text } from "../output.ts";
import { enlarged, sample } from "../photos.ts";
import { sha256 } from "../sha256.ts";
import { send } from "./send.ts";
import type { SignedInStage } from "./stage.ts";

/** A function is handed at most about 4.5 MB: Lambda takes 6 MB, in which base64 makes four bytes of three. */
const PASSES_BYTES = 4_400_000;

export async function upload_photos(stage: SignedInStage): Promise<void> {
  const { report, stored } = stage;
  report.heading("Uploading photos");
  const photos = [
    sample("jpeg_60k_baseline.jpg", "IMG_0001.jpg"),
    sample("photo_8bit.png", "Café Grün ☕.png"),
    sample("android_single.heic", "20260714_123000.heic"),
    sample("jpeg_named_png.png", "really_a_jpeg.png"),
    enlarged(sample("jpeg_60k_progressive.jpg", "large.jpg"), PASSES_BYTES),
  ];
  for (const { name, bytes, type } of photos) {
    const answer = await send(stage, "/upload_single_photo", "file", { name, bytes });
    const photo = read_answer(answer, 201, upload_single_photo_response);
    stored.push({ filename: photo.filename, name, size: bytes.byteLength, type, sha256: sha256(bytes) });
    report.check(
      `${name} is stored as ${type}, ${size_text(bytes.byteLength)}`,
      { name: photo.name, size: photo.size, contentType: photo.contentType },
      { name, size: bytes.byteLength, contentType: type },
    );
  }
}

export async function be_refused(stage: SignedInStage): Promise<void> {
  const { report } = stage;
  report.heading("Sending what is refused");
  const text = { name: "notes.jpg", bytes: Buffer.from("Dear diary, this is no photo.\n") };
  const no_photo = await send(stage, "/upload_single_photo", "file", text);
  report.check(
    "a text that calls itself notes.jpg is no photo: 415, as expected",
    outcome(no_photo),
    "415 not_an_image",
  );

  const no_archive = await send(stage, "/unzip", "archive", { ...text, name: "notes.zip" });
  report.check(
    "a text that calls itself notes.zip is no archive: 422, as expected",
    outcome(no_archive),
    "422 invalid_archive",
  );
}
