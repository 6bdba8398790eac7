/** Uploads while S3 fails, hangs up or loses its answers: one photo of each in the end, whoever has to ask again. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { complete_upload_response } from "../../schemas/complete_upload.ts";
import { request_upload_response } from "../../schemas/request_upload.ts";
import { jpeg_of } from "../support/fixture_photos.ts";
import { send_form } from "../support/uploads.ts";
import { type Answer, read, read_problem } from "./client.ts";
import { always, type Fault, first, type ProxiedRequest, s3_fault } from "./fault_proxy.ts";
import { type FaultyStack, start_faulty_stack } from "./faulty_stack.ts";
import { queues_are_empty } from "./queues.ts";
import { new_session, type Session } from "./session.ts";
import { crashes } from "./stack.ts";
import { type Storage, storage_of } from "./storage.ts";

let faulty: FaultyStack;
let storage: Storage;
beforeAll(async () => {
  faulty = await start_faulty_stack({ queue_retry_s: 0 });
  storage = storage_of(faulty.stack);
});
afterAll(async () => {
  storage.close();
  await faulty.close();
});
beforeEach(() => faulty.s3.reset());

const bytes = jpeg_of(5_000);

async function requested(session: Session) {
  const body = { name: "beach.jpg", size: bytes.length, contentType: "image/jpeg", kind: "photo" };
  const answer = read(await session.json("/request_upload", body), 201, request_upload_response);
  if (answer.method !== "POST") throw new Error("This is no form.");
  return answer;
}

const complete = (session: Session, uploadId: string): Promise<Answer> =>
  session.json("/complete_upload", { uploadId });

/** The requests of an admission, one by one. */
const REQUESTS: Readonly<Record<string, (request: ProxiedRequest) => boolean>> = {
  "the outcome is asked for": ({ method, url }) => method === "GET" && url.includes("/.outcomes/"),
  "the file is looked at": ({ method, url }) => method === "GET" && url.includes("/.quarantine/"),
  "the photo is published": ({ method, url }) => method === "PUT" && !url.includes("/."),
  "the outcome is recorded": ({ method, url }) => method === "PUT" && url.includes("/.outcomes/"),
  "the file is removed": ({ method, url }) => method === "DELETE" && url.includes("/.quarantine/"),
};

const FAULTS: Readonly<Record<string, Fault>> = {
  "S3 fails": s3_fault(500, "InternalError"),
  "S3 hangs up": "cut_request",
  "the answer is lost": "lose_answer",
  "the answer breaks off": "cut_answer",
};

const cases = Object.keys(REQUESTS).flatMap((request) =>
  Object.keys(FAULTS).map((fault) => ({ request, fault })),
);

let users = 0;

async function expect_one_photo(session: Session): Promise<void> {
  await queues_are_empty(faulty.stack);
  const photos = await session.list_all();
  expect(photos).toMatchObject([{ name: "beach.jpg", size: bytes.length }]);
  expect((await session.download(photos[0]?.filename ?? "")).bytes.equals(bytes)).toBe(true);
  expect(await storage.keys(`.quarantine/${session.sub}/`)).toEqual([]);
  expect(await storage.keys(`.outcomes/${session.sub}/`)).toHaveLength(1);
}

describe("an upload is one photo, and its client is told of it", () => {
  it.each(cases)("where $fault once when $request", async ({ request, fault }) => {
    users += 1;
    const session = await new_session(faulty.stack, `faults-${users}`);
    const form = await requested(session);
    expect((await send_form(form, bytes)).status).toBe(204);
    const matches = REQUESTS[request] ?? (() => false);
    faulty.s3.script = first(1, matches, FAULTS[fault] ?? "hang");
    let answer = await complete(session, form.uploadId);
    // What breaks off while it is read is not asked for again by the function.
    if (answer.status === 503) answer = await complete(session, form.uploadId);
    const photo = read(answer, answer.status === 201 ? 201 : 200, complete_upload_response);
    expect(read(await complete(session, form.uploadId), 200, complete_upload_response)).toEqual(photo);
    await expect_one_photo(session);
  });
});

describe("while S3 is away", () => {
  it("a client is told to ask again, and has its photo then", async () => {
    const session = await new_session(faulty.stack, "away");
    const form = await requested(session);
    const copying = REQUESTS["the photo is published"] ?? (() => false);
    faulty.s3.script = always(copying, s3_fault(503, "SlowDown"));
    expect((await send_form(form, bytes)).status).toBe(204);
    for (let time = 0; time < 2; time += 1) {
      read_problem(await complete(session, form.uploadId), 503, "storage_unavailable");
    }
    expect(await storage.keys(`.quarantine/${session.sub}/`)).toHaveLength(1);
    faulty.s3.reset();
    expect((await complete(session, form.uploadId)).status).toBeLessThan(300);
    await expect_one_photo(session);
  });

  it("nothing is requested, signed, or taken for cancelled", async () => {
    const session = await new_session(faulty.stack, "closed");
    const form = await requested(session);
    faulty.s3.script = always(() => true, s3_fault(503, "SlowDown"));
    const body = { name: "a.jpg", size: 5, contentType: "image/jpeg", kind: "photo", multipart: true };
    read_problem(await session.json("/request_upload", body), 503, "storage_unavailable");
    for (const path of ["/complete_upload", "/cancel_upload"]) {
      const answer = await session.json(path, { uploadId: form.uploadId });
      read_problem(answer, 503, "storage_unavailable");
    }
  });
});

it("no fault has ended a sandbox", () => {
  expect(crashes(faulty.stack)).toEqual([]);
});
