/** A photo that is too large for a function goes to S3 itself, by a form that takes nothing else. */
import { crc32 } from "node:zlib";
import { complete_upload_response } from "../../../schemas/complete_upload.ts";
import { request_upload_response } from "../../../schemas/request_upload.ts";
import { json_of, outcome, read_answer, require_status, UnexpectedAnswer } from "../api.ts";
import { size_text } from "../output.ts";
import { enlarged, type SamplePhoto, sample } from "../photos.ts";
import { sha256 } from "../sha256.ts";
import { send, with_progress } from "./send.ts";
import type { SignedInStage } from "./stage.ts";

/** A function is handed at most about 4.5 MB: Lambda takes 6 MB, in which base64 makes four bytes of three. */
const TOO_LARGE_BYTES = 4_800_000;

export async function upload_large_photo(stage: SignedInStage): Promise<void> {
  const { report } = stage;
  report.heading("Uploading a photo that is too large for a function");
  const photo = enlarged(sample("jpeg_60k_baseline.jpg", "too_large.jpg"), TOO_LARGE_BYTES);
  const too_large = await send(stage, "/upload_single_photo", "file", photo);
  report.check(
    "/upload_single_photo is not handed its 4.8 MB: 413, as expected",
    outcome(too_large),
    "413 Request Too Long",
  );
  const uploadId = await send_by_form(stage, photo);
  await complete(stage, uploadId, photo);
}

/** The id of the upload. */
async function send_by_form(stage: SignedInStage, { name, bytes, type }: SamplePhoto): Promise<string> {
  const { user, report, begun } = stage;
  const size = bytes.byteLength;
  const declared = {
    name,
    size,
    contentType: type,
    kind: "photo",
    crc32: crc32(bytes).toString(16).padStart(8, "0"),
  };
  const form = read_answer(await user.post("/request_upload", declared), 201, request_upload_response);
  begun.add(form.uploadId);
  if (form.method !== "POST")
    throw new UnexpectedAnswer("POST /request_upload", form.method, "a form to POST");
  report.line("/request_upload takes it, and gives a form for exactly this file:");
  const longer = { name, bytes: Buffer.concat([bytes, Buffer.of(0)]) };
  report.check("S3 does not take one byte more by it: 400", (await user.send_form(form, longer)).status, 400);
  const sent = await with_progress(stage, name, size, (on_sent) =>
    user.send_form(form, { name, bytes }, on_sent),
  );
  report.check("S3 takes the photo itself: 204", outcome(require_status(sent, 204)), "204");
  return form.uploadId;
}

async function complete(stage: SignedInStage, uploadId: string, photo: SamplePhoto): Promise<void> {
  const { user, report, stored, begun } = stage;
  const { name, bytes, type } = photo;
  const size = bytes.byteLength;
  const answer = await user.post("/complete_upload", { uploadId });
  // 200 where the event of S3 was quicker.
  const completed = read_answer(answer, answer.status === 200 ? 200 : 201, complete_upload_response);
  if (!("filename" in completed)) throw new UnexpectedAnswer(answer.request, "a job", "a photo");
  const { filename, ...kept } = completed;
  stored.push({ filename, name, size, type, sha256: sha256(bytes) });
  begun.delete(uploadId);
  report.check(`${name} is stored as ${type}, ${size_text(size)}`, kept, { size, contentType: type });
  const again = await user.post("/complete_upload", { uploadId });
  report.check(
    "completing it again makes no second photo: 200, and the same",
    [again.status, json_of(again)],
    [200, completed],
  );
}
