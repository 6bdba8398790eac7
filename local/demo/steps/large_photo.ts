/** A photo that is too large for a function goes to S3 itself, by a form that takes nothing else. */
import { request_upload_response } from "../../../schemas/request_upload.ts";
import { outcome, read_answer, UnexpectedAnswer } from "../api.ts";
import { size_text } from "../output.ts";
import { file_of } from "../photo_client.ts";
import { enlarged, type SamplePhoto, sample } from "../photos.ts";
import { sha256 } from "../sha256.ts";
import { with_progress } from "./send.ts";
import type { SignedInStage } from "./stage.ts";

/** A function is handed at most about 4.5 MB: Lambda takes 6 MB, in which base64 makes four bytes of three. */
const TOO_LARGE_BYTES = 4_800_000;

export async function upload_large_photo(stage: SignedInStage): Promise<void> {
  const { user, report } = stage;
  report.heading("Uploading a photo that is too large for a function");
  const photo = enlarged(sample("jpeg_60k_baseline.jpg", "too_large.jpg"), TOO_LARGE_BYTES);
  const too_large = await user.upload("/upload_single_photo", "file", photo);
  report.check(
    "/upload_single_photo is not handed its 4.8 MB: 413, as expected",
    outcome(too_large),
    "413 Request Too Long",
  );
  await be_refused_by_form(stage, photo);
  await upload(stage, photo);
}

async function be_refused_by_form(stage: SignedInStage, { name, bytes, type }: SamplePhoto): Promise<void> {
  const { client, user, report, begun } = stage;
  const declared = { name, size: bytes.byteLength, contentType: type, kind: "photo" };
  const form = read_answer(await user.post("/request_upload", declared), 201, request_upload_response);
  begun.add(form.uploadId);
  if (form.method !== "POST")
    throw new UnexpectedAnswer("POST /request_upload", form.method, "a form to POST");
  report.line("/request_upload takes it, and gives a form for exactly this file:");
  const longer = { name, bytes: Buffer.concat([bytes, Buffer.of(0)]) };
  report.check("S3 does not take one byte more by it: 400", (await user.send_form(form, longer)).status, 400);
  await client.cancelUpload(form.uploadId);
  begun.delete(form.uploadId);
}

async function upload(stage: SignedInStage, photo: SamplePhoto): Promise<void> {
  const { client, report, stored, begun } = stage;
  const { name, bytes, type } = photo;
  const size = bytes.byteLength;
  const file = file_of(photo);
  let uploadId = "";
  const onUploadId = (id: string) => {
    uploadId = id;
    begun.add(id);
  };
  const completed = await with_progress(stage, name, (onProgress) =>
    client.upload(file, { onProgress, onUploadId }),
  );
  const { filename, ...kept } = completed;
  stored.push({ filename, name, size, type, sha256: sha256(bytes) });
  begun.delete(uploadId);
  report.check("the client sends it to S3, and S3 takes it", uploadId !== "", true);
  report.check(`${name} is stored as ${type}, ${size_text(size)}`, kept, { size, contentType: type });
  const again = await client.upload(file, { resumeFrom: uploadId });
  report.check("going on with it once more makes no second photo", again, completed);
}
