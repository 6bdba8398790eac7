/**
 * S3 and Cognito that take a request and never answer. The functions wait for many seconds then, so these requests
 * are begun first and looked at last.
 */
import { build_zip } from "../archive/zip_builder.ts";
import { jpeg_of } from "../support/fixture_photos.ts";
import { type Answer, file_form } from "./client.ts";
import { always, first } from "./fault_proxy.ts";
import { type FaultyStack, start_faulty_stack } from "./faulty_stack.ts";
import { DEMO_USER, login, new_session, type Session } from "./session.ts";

export interface Silence {
  readonly faulty: FaultyStack;
  /** For whom S3 is silent once. */
  readonly patient: Session;
  readonly patient_upload: Promise<Answer>;
  /** For whom S3 is silent always; this photo was there before. */
  readonly waiting: Session;
  readonly waiting_photo: string;
  /** By the function that was asked. */
  readonly waiting_answers: Readonly<Record<string, Promise<Answer>>>;
}

export async function begin_silence(): Promise<Silence> {
  const faulty = await start_faulty_stack();
  const { stack, s3, cognito } = faulty;
  const patient = await new_session(stack, "patient");
  const waiting = await new_session(stack, "waiting");
  const { filename: waiting_photo } = await waiting.upload(jpeg_of(5_000));

  const once = first(1, ({ method, url }) => method === "PUT" && url.includes(patient.sub), "hang");
  s3.script = (request) => (request.url.includes(waiting.sub) ? "hang" : once(request));
  cognito.script = always(() => true, "hang");
  const photo = file_form("file", jpeg_of(5_000));
  const entries = Array.from({ length: 6 }, (_, at) => ({ name: `${at}.jpg`, data: jpeg_of(2_000) }));
  return {
    faulty,
    patient,
    patient_upload: patient.post("/upload_single_photo", photo),
    waiting,
    waiting_photo,
    waiting_answers: {
      login: login(stack, DEMO_USER),
      upload_single_photo: waiting.post("/upload_single_photo", photo),
      unzip: waiting.post("/unzip", file_form("archive", build_zip({ entries }))),
      list: waiting.json("/list"),
      download: waiting.download(waiting_photo),
      delete: waiting.delete(waiting_photo),
    },
  };
}
