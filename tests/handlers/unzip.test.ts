import { randomFillSync } from "node:crypto";
import { zipSync } from "fflate";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { plan_task_key, quarantine_key } from "../../layer/upload_keys.ts";
import type { UploadedFile } from "../../middleware/multipart_body.ts";
import { unzip_response, unzip_started } from "../../schemas/unzip.ts";
import type { UploadStore } from "../../storage/admission.ts";
import type { PhotoStore } from "../../storage/photo_store.ts";
import { type Upload, upload_ids } from "../../storage/upload_id.ts";
import { build_zip } from "../archive/zip_builder.ts";
import { read_answer, read_problem } from "../support/answers.ts";
import { caught } from "../support/caught.ts";
import { jpeg_of, tiny_png } from "../support/fixture_photos.ts";
import { form_event, json_event, lambda_context } from "../support/http_event.ts";
import {
  BUCKET,
  client_for,
  function_environment,
  type PhotoStorage,
  start_photo_storage,
} from "../support/photo_storage.ts";
import { quarantined } from "../support/quarantined.ts";
import { s3_error, scripted_server } from "../support/scripted_server.ts";
import { written_output } from "../support/written_output.ts";

type Unzip = typeof import("../../handlers/unzip.ts");

const ids = upload_ids(function_environment("").CURSOR_KEY ?? "");
const with_patience = (store: PhotoStore): UploadStore => ({ ...store, patient_s3: store.s3 });

let storage: PhotoStorage;
let module: Unzip;

beforeAll(async () => {
  storage = await start_photo_storage();
  for (const [name, value] of Object.entries(function_environment(storage.url))) vi.stubEnv(name, value);
  module = await import("../../handlers/unzip.ts");
});

afterAll(async () => {
  vi.unstubAllEnvs();
  await storage.close();
});

const request = (bytes: Uint8Array, deadline = Date.now() + 29_000) => ({
  username: "mia",
  body: { name: "a.zip", declared_type: undefined, bytes: Buffer.from(bytes) } satisfies UploadedFile,
  signal: new AbortController().signal,
  deadline,
});

const unpack = async (bytes: Uint8Array, deadline?: number) => {
  const { status, body } = await module.unzip(with_patience(storage.store), ids)(request(bytes, deadline));
  expect(status).toBe(200);
  return unzip_response.parse(body);
};

describe("an archive of photos and other things", () => {
  it("has an outcome for every entry, under its whole path", async () => {
    const answer = await unpack(
      build_zip({
        entries: [
          { name: "Beach/" },
          { name: "Beach/1.png", data: tiny_png() },
          { name: "Beach/1.png", data: jpeg_of(2_000) },
          { name: "__MACOSX/Beach/._1.png", data: tiny_png() },
          { name: ".DS_Store", data: Buffer.from("x") },
          { name: "notes.txt", data: Buffer.from("not a photo") },
          { name: "../evil.png", data: tiny_png() },
          { name: "secret.png", data: tiny_png(), flags: 1 },
          { name: "empty.png", data: Buffer.alloc(0) },
          { name: "rotten.png", data: tiny_png(), central: { crc32: 1 }, local: { crc32: 1 } },
        ],
      }),
    );
    expect(answer.uploaded).toMatchObject([
      { name: "Beach/1.png", contentType: "image/png", size: tiny_png().length },
      { name: "Beach/1.png", contentType: "image/jpeg", size: 2_000 },
    ]);
    expect(new Set(answer.uploaded.map(({ filename }) => filename)).size).toBe(2);
    expect(answer.skipped).toEqual([
      { name: "Beach/", reason: "directory" },
      { name: "__MACOSX/Beach/._1.png", reason: "platform_file" },
      { name: ".DS_Store", reason: "platform_file" },
      { name: "notes.txt", reason: "not_an_image" },
    ]);
    expect(answer.failed).toEqual([
      { name: "../evil.png", reason: "unsafe_path" },
      { name: "secret.png", reason: "encrypted" },
      { name: "empty.png", reason: "empty_file" },
      { name: "rotten.png", reason: "crc_mismatch" },
    ]);
    expect(await storage.keys()).toEqual(answer.uploaded.map(({ filename }) => `mia/${filename}`).sort());
  });

  it("of nothing but folders is a success", async () => {
    const answer = await unpack(build_zip({ entries: [{ name: "a/" }, { name: "a/b/" }] }));
    expect(answer).toEqual({
      uploaded: [],
      skipped: [
        { name: "a/", reason: "directory" },
        { name: "a/b/", reason: "directory" },
      ],
      failed: [],
    });
  });
});

describe("an archive that is refused", () => {
  const good = zipSync({ "1.png": tiny_png(), "2.png": tiny_png() });
  it.each([
    ["empty_archive", undefined, zipSync({})],
    ["invalid_archive", "not_a_zip", Buffer.from("no archive")],
    ["invalid_archive", "truncated", good.subarray(0, -30)],
    ["archive_too_large", "too_many_entries", build_zip({ entries: many(2_001) })],
    // With names like these, a directory of twice the size would make an answer that Lambda does not send.
    [
      "archive_too_large",
      "directory_too_large",
      build_zip({ entries: [{ name: "1.png" }, ...long_names(10)] }),
    ],
    [
      "archive_too_large",
      "archive_too_large",
      zipSync({ "1": forty_megabytes(), "2": forty_megabytes(), "3": forty_megabytes() }, { level: 1 }),
    ],
  ])("is %s (%s), and nothing of it is stored", async (code, reason, bytes) => {
    const before = await storage.keys();
    const error = await caught(() => module.unzip(with_patience(storage.store), ids)(request(bytes)));
    expect(error).toMatchObject({ code, statusCode: 422, details: reason === undefined ? {} : { reason } });
    expect(await storage.keys()).toEqual(before);
  });
});

/** The longest names that there are, of control signs. */
function long_names(count: number) {
  return Array.from({ length: count }, () => ({ name: Buffer.alloc(65_535, 1) }));
}

/** Compresses about a hundredfold, as a photo never does but an archive may. */
function forty_megabytes(): Uint8Array {
  const bytes = Buffer.alloc(40_000_000);
  randomFillSync(bytes, 0, 400_000);
  return bytes;
}

function many(count: number) {
  return Array.from({ length: count }, (_, index) => ({ name: `${index}.png` }));
}

it("begins no entry when time is running out, and is a time-out where nothing is stored", async () => {
  const late = request(zipSync({ "1.png": tiny_png() }), Date.now() + 3_000);
  const error = await caught(() => module.unzip(with_patience(storage.store), ids)(late));
  expect(error).toMatchObject({ code: "timeout", statusCode: 504 });
});

it.each([
  ["control signs, which are refused", "\x01"],
  ["quotation marks, which are stored", '"'],
])("answers within the 6 MB of Lambda where the names are full of %s", async (_, sign) => {
  // As much as fits into the 512 KiB that a directory may have.
  const entries = Array.from({ length: 490 }, (_, index) => ({
    name: Buffer.from(`${index}${sign.repeat(1_000)}.png`),
    data: tiny_png(),
  }));
  const answer = await module.unzip(with_patience(storage.store), ids)(request(build_zip({ entries })));
  const sent = JSON.stringify({ body: JSON.stringify(answer.body) });
  expect(Buffer.byteLength(sent)).toBeGreaterThan(490 * 1_000);
  expect(Buffer.byteLength(sent)).toBeLessThan(6_000_000);
});

describe("a storage that fails", () => {
  const answer_to = async (script: Parameters<typeof scripted_server>[0]) => {
    const server = await scripted_server(script);
    const output = written_output();
    try {
      const s3 = client_for(server.url, { maxAttempts: 1 });
      const archive = zipSync({ "1.png": tiny_png(), "2.png": tiny_png() });
      return await module
        .unzip(
          with_patience({ s3, bucket: BUCKET }),
          ids,
        )(request(archive))
        .catch((error: unknown) => error);
    } finally {
      output.restore();
      await server.close();
    }
  };

  it("from the beginning is a problem", async () => {
    expect(await answer_to(() => s3_error(503, "SlowDown"))).toMatchObject({
      code: "storage_unavailable",
      statusCode: 503,
    });
    expect(await answer_to(() => s3_error(403, "AccessDenied"))).toMatchObject({
      code: "storage_refused",
      statusCode: 502,
    });
  });

  it("after a photo has been stored is the outcome of the others", async () => {
    const answer = await answer_to(({ url }) =>
      url.includes("_1.png") ? { status: 200, headers: { etag: '"e"' } } : s3_error(503, "SlowDown"),
    );
    expect(answer).toMatchObject({ status: 200, body: { uploaded: [{ name: "1.png" }] } });
    expect(answer).toMatchObject({ body: { failed: [{ name: "2.png", reason: "storage_unavailable" }] } });
  });
});

it("takes the archive from the form's field archive", async () => {
  const form = new FormData();
  form.set("archive", new File([zipSync({ "1.png": tiny_png() })], "holiday.zip"));
  const event = await form_event(form, { route: "POST /unzip", username: "noah" });
  const output = written_output();
  const answer = await module.handler(event, lambda_context());
  output.restore();
  expect(answer.statusCode).toBe(200);
  expect(unzip_response.parse(JSON.parse(answer.body)).uploaded).toMatchObject([{ name: "1.png" }]);
});

describe("an archive that has been uploaded", () => {
  const archive = zipSync({ "1.png": tiny_png() });
  const expires = new Date(Date.now() + 60_000);
  const sealed = (id: string, upload: Partial<Upload> = {}, user = "ann") =>
    ids.seal(user, { id, kind: "archive", size: archive.byteLength, ...upload }, expires);
  const ask = (body: unknown, username = "ann") => {
    const output = written_output();
    const event = json_event(body, { route: "POST /unzip", username });
    return module.handler(event, lambda_context()).finally(() => output.restore());
  };

  it("is extracted by workers, under the id of its upload, however often that is asked for", async () => {
    const upload = await quarantined(storage.store, archive, { kind: "archive" });
    for (let time = 0; time < 2; time += 1) {
      const answer = await ask({ uploadId: sealed(upload.id) });
      expect(read_answer(unzip_started, answer, 202)).toEqual({ jobId: upload.id });
    }
    const keys = await storage.keys();
    expect(keys).toContain(plan_task_key(upload));
    expect(keys).toContain(quarantine_key(upload));
    expect(keys.filter((key) => key.startsWith("ann/"))).toEqual([]);
  });

  it("is refused where it is declared or found to be a photo, and the photo is not stored", async () => {
    const photo = await quarantined(storage.store, tiny_png());
    const declared = await ask({ uploadId: sealed(photo.id, { kind: "photo" }) });
    expect(read_problem(declared)).toMatchObject({
      status: 422,
      code: "upload_refused",
      reason: "not_an_archive",
    });
    const found = await quarantined(storage.store, tiny_png(), { kind: "archive" });
    for (let time = 0; time < 2; time += 1) {
      expect(read_problem(await ask({ uploadId: sealed(found.id) }))).toMatchObject({
        status: 422,
        reason: "not_an_archive",
      });
    }
    const keys = await storage.keys();
    expect(keys.filter((key) => key.startsWith("ann/"))).toEqual([]);
    expect(keys).toContain(quarantine_key(photo));
    expect(keys).not.toContain(plan_task_key(found));
  });

  it("has to have arrived", async () => {
    const answer = await ask({ uploadId: sealed("0123456789abcdefghijklmnop") });
    expect(read_problem(answer)).toMatchObject({ status: 409, code: "upload_incomplete" });
  });

  it("is not there for another user, when the id has expired, or when it is made up: the same 404", async () => {
    const { id } = await quarantined(storage.store, archive, { kind: "archive" });
    const upload = { id, kind: "archive", size: archive.byteLength } as const;
    const answers = [
      await ask({ uploadId: sealed(id) }, "eve"),
      await ask({ uploadId: ids.seal("ann", upload, new Date(Date.now() - 1)) }),
      await ask({ uploadId: id }),
      await ask({ uploadId: "made up" }),
    ];
    expect(new Set(answers.map(({ body }) => body)).size).toBe(1);
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([404, 404, 404, 404]);
  });
});
