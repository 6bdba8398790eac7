/** Takes every function through every branch that calls AWS, and gives back the calls that it really made. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { expect } from "vitest";
import { checksum_key } from "../../layer/checksum_keys.ts";
import {
  export_archive_key,
  export_part_key,
  export_result_key,
  export_task_key,
} from "../../layer/export_keys.ts";
import { type JobKey, outcomes_key, task_key } from "../../layer/job_keys.ts";
import { photo_filename } from "../../layer/photo_keys.ts";
import { sha256_of } from "../../layer/sha256.ts";
import { new_upload_id, upload_time } from "../../layer/upload_keys.ts";
import { check_response } from "../../schemas/check.ts";
import { download_started } from "../../schemas/download.ts";
import { job_response } from "../../schemas/job.ts";
import { type RequestUploadResponse, request_upload_response } from "../../schemas/request_upload.ts";
import { restoration_outcomes } from "../../schemas/restore.ts";
import { unzip_response } from "../../schemas/unzip.ts";
import { upload_parts_response } from "../../schemas/upload_parts.ts";
import { upload_ids } from "../../storage/upload_id.ts";
import { build_zip, type EntryParts } from "../archive/zip_builder.ts";
import { file_form, post_json, read, send } from "../integration/client.ts";
import { queues_are_empty } from "../integration/queues.ts";
import { add_user, DEMO_USER, login, new_session, type Session, sign_in } from "../integration/session.ts";
import { type FunctionCall, start_test_stack, type TestStack } from "../integration/stack.ts";
import { type Storage, storage_of } from "../integration/storage.ts";
import { jpeg_of } from "../support/fixture_photos.ts";
import { send_form, send_part } from "../support/uploads.ts";

export interface Recording {
  readonly calls: readonly FunctionCall[];
  /** By function, the operations that its bundle has a command for. */
  readonly bundled: Readonly<Record<string, readonly string[]>>;
}

export async function record_calls(): Promise<Recording> {
  const stack = await start_test_stack();
  try {
    const session = await new_session(stack, "recorded");
    await sign_in_in_every_way(stack);
    await upload(stack, session);
    await unzip(stack, session);
    await uploads(stack, session);
    await jobs(stack, session);
    await list(session);
    await download(session);
    await exports(stack, session);
    await remove(session);
    await bring_back(session);
    const functions = Object.keys(stack.functions);
    const bundled = functions.map((name) => [name, bundled_operations(stack.dist_dir, name)] as const);
    const calls = [...stack.calls, ...(await calls_without_detection())];
    return { calls, bundled: Object.fromEntries(bundled) };
  } finally {
    await stack.close();
  }
}

/**
 * Where it is not looked for duplicates, a large entry is read once only, and found to be damaged when parts of it have
 * been written.
 */
async function calls_without_detection(): Promise<readonly FunctionCall[]> {
  const stack = await start_test_stack({ config: { detect_duplicates: false } });
  try {
    const session = await new_session(stack, "undetected");
    await unzip(stack, session);
    const bytes = build_zip({ entries: await archive_entries(stack, session) });
    const requested = await request_upload(session, { ...ARCHIVE_FILE, bytes }, false);
    if (requested.method === "POST") expect((await send_form(requested, bytes)).status).toBe(204);
    await queues_are_empty(stack);
    return [...stack.calls];
  } finally {
    await stack.close();
  }
}

/** A command is a class that the SDK derives with its operation's name, which no minifier changes. */
function bundled_operations(dist_dir: string, name: string): string[] {
  const bundle = readFileSync(join(dist_dir, "functions", name, "index.cjs"), "utf8");
  return [...bundle.matchAll(/\bextends [\w$]+\([\w$]+,[\w$]+,"(\w+)",[\w$]+\)/g)].map(
    ([, operation = ""]) => operation,
  );
}

async function sign_in_in_every_way(stack: TestStack): Promise<void> {
  expect((await login(stack, DEMO_USER)).status).toBe(200);
  expect((await login(stack, { ...DEMO_USER, password: "Wr0ng-password!" })).status).toBe(401);
  const invited = { username: "invited@example.com", password: "Passw0rd!-first" };
  await add_user(stack, invited, { temporary: true });
  expect((await login(stack, { ...invited, newPassword: "Passw0rd!-second" })).status).toBe(200);
  const { refresh_token: refreshToken } = await sign_in(stack);
  for (const [path, status] of Object.entries({ refresh: 200, logout: 204 })) {
    expect((await post_json(`${stack.url}/${path}`, { refreshToken })).status).toBe(status);
  }
}

/** Names that a pattern of a policy could trip over, and the longest that there is. */
const NAMES = [
  "beach.jpg",
  'Größe "XL" {a}, b? 100%.jpg',
  "日本 \u{1f5fb}.jpg",
  ".hidden",
  `${"x".repeat(251)}.jpg`,
];

let photos = 0;

/** Another one each time. */
function new_photo(): Buffer {
  photos += 1;
  return jpeg_of(3_000, photos);
}

/** A photo whose claim names another photo, as it does where two have had one key by chance: so it is to be replaced. */
async function contested_photo(stack: TestStack, { sub }: Session): Promise<Buffer> {
  const photo = new_photo();
  const storage = storage_of(stack);
  const filename = photo_filename(new Date(0), "another.jpg");
  await storage.put(`${sub}/${filename}`);
  const claim = JSON.stringify({ filename, original_name: "another.jpg" });
  await storage.put(checksum_key(sub, sha256_of(photo)), Buffer.from(claim));
  storage.close();
  return photo;
}

async function upload(stack: TestStack, session: Session): Promise<void> {
  for (const name of NAMES) await session.upload(new_photo(), name);
  await session.upload(jpeg_of(4_400_000), "large.jpg");
  const photo = await contested_photo(stack, session);
  const { filename } = await session.upload(photo, "contested.jpg");
  const known = { name: "contested.jpg", size: photo.byteLength, checksum: sha256_of(photo) };
  const checked = read(await session.json("/check", { photos: [known] }), 200, check_response);
  expect(checked.photos).toEqual([{ ...known, duplicate: true, filename }]);
}

/** What deflates to about a sixtieth, so that a request can hold more of it than is written at once. */
function large_photo(): Buffer {
  const bytes = jpeg_of(12_000_000).fill(0, 100);
  for (let at = 128, seed = 1; at < bytes.length; at += 64) {
    seed = (seed * 48_271) % 2_147_483_647;
    bytes.writeUInt8(seed & 0xff, at);
  }
  return bytes;
}

async function archive_entries(stack: TestStack, session: Session): Promise<EntryParts[]> {
  const photo = large_photo();
  photos += 1;
  photo.writeUInt32BE(photos, 24);
  return [
    { name: "small.jpg", data: await contested_photo(stack, session) },
    { name: "notes.txt", data: Buffer.from("no photo") },
    { name: "in parts.jpg", data: photo },
    // Found out at its last byte.
    { name: "damaged.jpg", data: photo, central: { crc32: 1 }, local: { crc32: 1 } },
  ];
}

async function unzip(stack: TestStack, session: Session): Promise<void> {
  const form = file_form(
    "archive",
    build_zip({ entries: await archive_entries(stack, session) }),
    "photos.zip",
    "application/zip",
  );
  const { uploaded, skipped, failed } = read(await session.post("/unzip", form), 200, unzip_response);
  expect([uploaded, skipped, failed].map((outcomes) => outcomes.map(({ name }) => name))).toEqual([
    ["small.jpg", "in parts.jpg"],
    ["notes.txt"],
    ["damaged.jpg"],
  ]);
}

interface UploadFile {
  readonly bytes: Buffer;
  readonly kind: "photo" | "archive";
  readonly contentType: string;
}

const PHOTO_FILE: UploadFile = { bytes: new_photo(), kind: "photo", contentType: "image/jpeg" };
const ARCHIVE_FILE: UploadFile = {
  bytes: build_zip({ entries: [{ name: "a.jpg", data: new_photo() }] }),
  kind: "archive",
  contentType: "application/zip",
};

/** Photos and archives: in one piece, which are left to the queue, in parts, which are completed, and cancelled ones. */
async function uploads(stack: TestStack, session: Session): Promise<void> {
  for (const file of [PHOTO_FILE, ARCHIVE_FILE]) {
    const request = (multipart: boolean, bytes = file.bytes) =>
      request_upload(session, { ...file, bytes }, multipart);
    const send_another = async (multipart: boolean): Promise<void> => {
      const bytes = file.kind === "photo" ? await contested_photo(stack, session) : file.bytes;
      await send_upload(stack, session, await request(multipart, bytes), bytes);
    };
    await send_another(false);
    await queues_are_empty(stack);
    // The queue may be quicker than the client, and then the client has nothing to do.
    do await send_another(true);
    while (!has_admitted(stack, "complete_upload", file.kind));
    await join_and_end(session, file.bytes, [await request(true), await request(true)]);
    for (const multipart of [false, true]) {
      const { uploadId } = await request(multipart);
      expect((await session.json("/cancel_upload", { uploadId })).status).toBe(204);
    }
  }
  await queues_are_empty(stack);
}

async function request_upload(
  session: Session,
  { bytes, ...file }: UploadFile,
  multipart: boolean,
): Promise<RequestUploadResponse> {
  const checksum = crc32(bytes).toString(16).padStart(8, "0");
  const body = { name: "beach.jpg", size: bytes.byteLength, ...file, crc32: checksum, multipart };
  return read(await session.json("/request_upload", body), 201, request_upload_response);
}

/**
 * Archives that are extracted by workers: one that is made a job by `/unzip`, one that is none, one whose worker has to
 * try again after another has died, and a job that nobody has.
 */
async function jobs(stack: TestStack, session: Session): Promise<void> {
  expect((await session.json("/job", { jobId: new_upload_id() })).status).toBe(404);
  // The queue may be quicker than the client here, too.
  do expect(await start_job(session, ARCHIVE_FILE)).toMatchObject({ status: 202 });
  while (!has_admitted(stack, "unzip", "archive"));
  const image = { ...PHOTO_FILE, kind: "archive", contentType: "application/zip" } as const;
  do expect(await start_job(session, image)).toMatchObject({ status: 422 });
  while (!stack.calls.some(({ caller, operation }) => caller === "unzip" && operation === "DeleteObject"));

  const entries = await archive_entries(stack, session);
  const file = { ...ARCHIVE_FILE, bytes: build_zip({ entries }) };
  const requested = await request_upload(session, file, false);
  const { id } = upload_ids(stack.data_dir.secret("cursor_key")).open(session.sub, requested.uploadId);
  const storage = storage_of(stack);
  try {
    // The first entry has the first of these keys, but that one is another photo's.
    const [taken = "", next = ""] = [1, 2].map((turn) => {
      const time = new Date(upload_time(id) - turn * entries.length);
      return `${session.sub}/${photo_filename(time, "small.jpg")}`;
    });
    await storage.put(taken);
    if (requested.method === "POST") expect((await send_form(requested, file.bytes)).status).toBe(204);
    await queues_are_empty(stack);
    const done = { state: "done", uploaded: 2, skipped: 1, failed: 1 };
    expect(read(await session.json("/job", { jobId: id }), 200, job_response)).toMatchObject(done);

    await try_again(stack, storage, { user: session.sub, id }, next);
    expect(read(await session.json("/job", { jobId: id }), 200, job_response)).toMatchObject(done);
  } finally {
    storage.close();
  }
}

/** Its parts are joined in S3's own language, so that it is in the quarantine with no function having looked at it. */
async function start_job(session: Session, file: UploadFile) {
  const { uploadId } = await request_upload(session, file, true);
  const { urls, requests } = read(
    await session.json("/upload_parts", { uploadId, sign: [1] }),
    200,
    upload_parts_response,
  );
  await join_part(urls[1] ?? "", requests.POST, file.bytes);
  return session.json("/unzip", { uploadId });
}

/**
 * Exports: one of photos of which none is there, one of all, and that one twice again: when its result is gone, and when
 * its archive and the parts are, too.
 */
async function exports(stack: TestStack, session: Session): Promise<void> {
  const started = async (body: object) =>
    read(await session.json("/download", body), 202, download_started).jobId;
  const of_some = await started({ filenames: ["20261123T101530123Z_none.jpg"] });
  const of_all = await started({ all: true });
  expect(read(await session.json("/job", { jobId: of_all }), 200, job_response).kind).toBe("export");
  await queues_are_empty(stack);
  for (const jobId of [of_some, of_all]) {
    const { state, archive } = read(await session.json("/job", { jobId }), 200, job_response);
    expect(state).toBe("done");
    expect((await send(archive?.url ?? "")).status).toBe(200);
  }
  await export_again(stack, session, of_all);
}

/** By the task with which a worker goes on from a segment; the writing of that task takes more photos than there are here. */
async function export_again(stack: TestStack, session: Session, id: string): Promise<void> {
  const job = { user: session.sub, id };
  const storage = storage_of(stack);
  try {
    await storage.clear(export_result_key(job));
    expect(read(await session.json("/job", { jobId: id }), 200, job_response).state).toBe("running");
    await storage.put(export_task_key({ job, part: 1 }));
    await queues_are_empty(stack);
    expect(read(await session.json("/job", { jobId: id }), 200, job_response).state).toBe("done");
    for (const key of [export_result_key(job), export_archive_key(job), export_part_key(job, "")]) {
      await storage.clear(key);
    }
    expect(
      await stack.functions.export?.invoke({ Records: [message_again(export_task_key({ job, part: 1 }))] }),
    ).toEqual({
      payload: { batchItemFailures: [{ itemIdentifier: "again" }] },
    });
  } finally {
    storage.close();
  }
}

const message_again = (key: string) => ({
  messageId: "again",
  body: JSON.stringify({ Records: [{ eventName: "ObjectCreated:Put", s3: { object: { key } } }] }),
  attributes: { ApproximateReceiveCount: "2" },
});

/** A task that comes again, after its worker has died when it had stored some of the entries. */
async function try_again(
  { functions }: TestStack,
  storage: Storage,
  job: JobKey,
  stored: string,
): Promise<void> {
  await storage.clear(outcomes_key(job, 0));
  await storage.clear(stored);
  expect(await functions.extract?.invoke({ Records: [message_again(task_key({ job, part: 0 }))] })).toEqual({
    payload: { batchItemFailures: [] },
  });
}

const is_replaced_claim = ({ key, conditions }: FunctionCall): boolean =>
  key.startsWith(".checksums/") && conditions["if-match"] !== undefined;

/** Whether a function has done itself all that there is to do. */
function has_admitted({ calls }: TestStack, name: string, kind: string): boolean {
  const own = calls.filter(({ caller }) => caller === name);
  return kind === "photo"
    ? own.some(({ operation }) => operation === "CopyObject") && own.some(is_replaced_claim)
    : own.some(({ operation, key }) => operation === "PutObject" && key.startsWith(".tasks/"));
}

async function send_upload(
  stack: TestStack,
  session: Session,
  requested: RequestUploadResponse,
  bytes: Buffer,
): Promise<void> {
  const { uploadId } = requested;
  await take_key_of(stack, session, uploadId);
  if (requested.method === "POST") {
    expect((await send_form(requested, bytes)).status).toBe(204);
    return;
  }
  const asked = await session.json("/upload_parts", { uploadId, sign: [1] });
  const { urls, requests } = read(asked, 200, upload_parts_response);
  expect((await send_part(urls[1] ?? "", bytes)).status).toBe(200);
  expect((await send(requests.GET)).status).toBe(200);
  expect((await session.json("/complete_upload", { uploadId })).status).toBeLessThan(300);
}

/** In S3's own language: the first is joined, the second ended. */
async function join_and_end(
  session: Session,
  bytes: Buffer,
  uploads: readonly [RequestUploadResponse, RequestUploadResponse],
): Promise<void> {
  const [joined, ended] = await Promise.all(
    uploads.map(async ({ uploadId }) =>
      read(await session.json("/upload_parts", { uploadId, sign: [1] }), 200, upload_parts_response),
    ),
  );
  await join_part(joined?.urls[1] ?? "", joined?.requests.POST ?? "", bytes);
  expect((await send(ended?.requests.DELETE ?? "", { method: "DELETE" })).status).toBe(204);
}

/** Of an upload that has one part. */
async function join_part(part_url: string, join_url: string, bytes: Buffer): Promise<void> {
  const etag = (await send_part(part_url, bytes)).headers.get("etag");
  const part = `<Part><PartNumber>1</PartNumber><ETag>${etag}</ETag></Part>`;
  const body = `<CompleteMultipartUpload>${part}</CompleteMultipartUpload>`;
  expect((await send(join_url, { method: "POST", body })).status).toBe(200);
}

/** Another photo stands where this one would. */
async function take_key_of(stack: TestStack, { sub }: Session, upload_id: string): Promise<void> {
  const { id } = upload_ids(stack.data_dir.secret("cursor_key")).open(sub, upload_id);
  const storage = storage_of(stack);
  await storage.put(`${sub}/${photo_filename(new Date(upload_time(id)), "beach.jpg")}`);
  storage.close();
}

async function list(session: Session): Promise<void> {
  expect((await session.list()).photos.length).toBeGreaterThan(NAMES.length);
  expect((await session.list({ details: true })).photos.length).toBeGreaterThan(NAMES.length);
  expect((await session.list_all(2)).length).toBeGreaterThan(NAMES.length);
}

const MISSING = "20010203T040506789Z_missing.jpg";

async function download(session: Session): Promise<void> {
  const { photos } = await session.list();
  for (const { filename, size } of photos) {
    const answer = await session.download(filename);
    if (size <= 4_500_000) expect(answer.status).toBe(200);
    else expect((await send(answer.headers.get("location") ?? "")).bytes.byteLength).toBe(size);
  }
  expect((await session.download(MISSING)).status).toBe(404);
}

async function remove(session: Session): Promise<void> {
  for (const { filename } of (await session.list()).photos) {
    expect((await session.delete(filename)).status).toBe(200);
  }
  expect((await session.delete(MISSING)).status).toBe(404);
}

async function bring_back(session: Session): Promise<void> {
  const { photos } = await session.list({ deleted: true });
  expect(photos.length).toBeGreaterThan(NAMES.length);
  const files = photos.map(({ filename }) => filename);
  const { outcomes } = read(await session.json("/restore", { files }), 200, restoration_outcomes);
  expect(new Set(outcomes.map(({ outcome }) => outcome))).toEqual(new Set(["restored"]));
  expect((await session.json("/restore", { file: MISSING })).status).toBe(404);
}
