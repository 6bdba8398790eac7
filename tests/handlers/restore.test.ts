import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { afterAll, describe, expect, it } from "vitest";
import { photo_filename, photo_key } from "../../layer/photo_keys.ts";
import { restore_response } from "../../schemas/restore.ts";
import { delete_photo, list_photos, put_photo } from "../../storage/photo_store.ts";
import { read_answer, read_problem } from "../support/answers.ts";
import { jpeg_of } from "../support/fixture_photos.ts";
import { json_event, lambda_context } from "../support/http_event.ts";
import { BUCKET, client_for, function_environment, start_photo_storage } from "../support/photo_storage.ts";
import { quiet } from "../support/quiet.ts";
import { type ScriptedAnswer, s3_error, scripted_server } from "../support/scripted_server.ts";

const { url, store, close } = await start_photo_storage();
Object.assign(process.env, function_environment(url));
const { handler, restore } = await import("../../handlers/restore.ts");

quiet();
afterAll(close);

const { signal } = new AbortController();
const NAME = 'é "1" %2f+?&.jpg';

const stored = async (user: string): Promise<string> => {
  const photo = { name: NAME, bytes: jpeg_of(500), content_type: "image/jpeg" };
  return (await put_photo(store, user, photo, signal)).filename;
};
const deleted = async (user: string): Promise<string> => {
  const filename = await stored(user);
  await delete_photo(store, user, filename, signal);
  return filename;
};
const photos_of = async (user: string) =>
  (await list_photos(store, user, "", signal)).photos.map(({ filename }) => filename);

const answer_to = (body: unknown, username: unknown = "ann") =>
  handler(json_event(body, { route: "POST /restore", username }), lambda_context());
const restoration = async (body: unknown, username?: unknown) =>
  read_answer(restore_response, await answer_to(body, username));

describe("POST /restore", () => {
  it("brings a deleted photo back, as it was", async () => {
    const file = await stored("ann");
    const get = new GetObjectCommand({ Bucket: BUCKET, Key: photo_key("ann", file) });
    const { Metadata, ContentType, ETag } = await store.s3.send(get);
    await delete_photo(store, "ann", file, signal);
    expect(await restoration({ file })).toEqual({ file, outcome: "restored" });
    const back = await store.s3.send(get);
    expect(back).toMatchObject({ Metadata, ContentType, ETag });
    expect(Buffer.from((await back.Body?.transformToByteArray()) ?? [])).toEqual(jpeg_of(500));
  });

  it("says of a photo that is there that it is, before and after", async () => {
    const file = await stored("bob");
    expect(await restoration({ file }, "bob")).toEqual({ file, outcome: "not_deleted" });
    await delete_photo(store, "bob", file, signal);
    const outcomes = await Promise.all(Array.from({ length: 6 }, async () => restoration({ file }, "bob")));
    expect(outcomes.filter((one) => "outcome" in one && one.outcome === "restored")).toHaveLength(1);
    expect(outcomes.filter((one) => "outcome" in one && one.outcome === "not_deleted")).toHaveLength(5);
    expect(await photos_of("bob")).toEqual([file]);
  });

  it("brings back the newest of its versions, however often it was deleted", async () => {
    const file = await stored("carl");
    const key = photo_key("carl", file);
    for (const Body of ["second", "third"]) {
      // As an administrator may; no function overwrites.
      await store.s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: key, Body }));
    }
    for (let times = 0; times < 3; times += 1) {
      for (let markers = 0; markers <= times; markers += 1) {
        await store.s3.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: key }));
      }
      expect(await restoration({ file }, "carl")).toEqual({ file, outcome: "restored" });
    }
    const { Body } = await store.s3.send(new GetObjectCommand({ Bucket: BUCKET, Key: key }));
    expect(await Body?.transformToString()).toBe("third");
  });

  it("takes no longer name for it, whose beginning it is", async () => {
    const [short, long] = ["a", "a b.jpg"].map((name) => photo_filename(new Date(0), name));
    for (const file of [short ?? "", long ?? ""]) {
      const key = photo_key("dan", file);
      await store.s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: key, Body: file }));
    }
    await delete_photo(store, "dan", long ?? "", signal);
    expect(await restoration({ file: short }, "dan")).toMatchObject({ outcome: "not_deleted" });
    expect(read_problem(await answer_to({ file: photo_filename(new Date(0), "a b") }, "dan")).status).toBe(
      404,
    );
    expect(await restoration({ file: long }, "dan")).toMatchObject({ outcome: "restored" });
  });

  it("answers what is of another user, was never there, or is no filename, with the same bytes", async () => {
    const file = await deleted("emil");
    const never = "20200101T000000000Z_a.jpg";
    const marked = photo_filename(new Date(0), "marked.jpg");
    const key = photo_key("mallory", marked);
    await store.s3.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: key }));
    const wanted = [file, never, marked, `emil/${file}`, `../emil/${file}`, "a.jpg", "*", "", "/"].filter(
      Boolean,
    );
    const answers = await Promise.all(wanted.map((one) => answer_to({ file: one }, "mallory")));
    for (const answer of answers) {
      expect(answer.statusCode).toBe(404);
      expect(answer).toEqual(answers[0]);
    }
    expect(await photos_of("mallory")).toEqual([]);
    expect(await restoration({ files: wanted }, "mallory")).toEqual({
      outcomes: wanted.map((one) => ({ file: one, outcome: "not_found" })),
    });
  });

  it("brings back many, and says of each what has become of it", async () => {
    const gone = await Promise.all(Array.from({ length: 70 }, () => deleted("fay")));
    const there = await stored("fay");
    const files = [...gone.slice(0, 35), there, "20200101T000000000Z_a.jpg", ...gone.slice(35)];
    expect(await restoration({ files }, "fay")).toEqual({
      outcomes: files.map((file) => ({
        file,
        outcome: gone.includes(file) ? "restored" : file === there ? "not_deleted" : "not_found",
      })),
    });
    expect((await photos_of("fay")).toSorted()).toEqual([...gone, there].toSorted());
  });

  it.each([
    ["no file", {}, ["file"]],
    ["a file twice", { files: ["a", "a"] }, ["files"]],
    ["more than 1,000 files", { files: Array.from({ length: 1_001 }, (_, at) => `${at}`) }, ["files"]],
    ["a field that there is not", { file: "a", to: "b" }, ["to"]],
  ])("refuses %s and names the field", async (_, body, fields) => {
    const { status, code, errors } = read_problem(await answer_to(body));
    expect({ status, code }).toEqual({ status: 400, code: "invalid_request" });
    expect(errors?.map(({ field }) => field)).toEqual(fields);
  });
});

describe("a storage that fails", () => {
  const FILE = "20260101T000000000Z_a.jpg";
  const KEY = photo_key("ann", FILE);
  const listing = (...elements: string[]): ScriptedAnswer => ({
    status: 200,
    headers: { "content-type": "application/xml" },
    body: `<?xml version="1.0"?><ListVersionsResult><IsTruncated>false</IsTruncated>${elements.join("")}</ListVersionsResult>`,
  });
  const entry = (kind: "Version" | "DeleteMarker", latest: boolean) =>
    `<${kind}><Key>${KEY}</Key><VersionId>v</VersionId><IsLatest>${latest}</IsLatest></${kind}>`;
  const DELETED = listing(entry("DeleteMarker", true), entry("Version", false));

  async function answers(...script: (ScriptedAnswer | "silence")[]) {
    const server = await scripted_server((_, earlier) => script[earlier] ?? "silence");
    const s3 = client_for(server.url, { maxAttempts: 1 });
    const reply = await restore({ s3, patient_s3: s3, bucket: BUCKET })({
      username: "ann",
      body: { files: [FILE] },
      signal,
      deadline: Date.now() + 3_200,
    });
    s3.destroy();
    await server.close();
    return reply.body;
  }
  const COPIED = { status: 200, headers: { "content-type": "application/xml" }, body: "<CopyObjectResult/>" };

  it.each<[string, (ScriptedAnswer | "silence")[], object]>([
    ["cannot list", [s3_error(503, "SlowDown")], { outcome: "failed", code: "storage_unavailable" }],
    ["may not list", [s3_error(403, "AccessDenied")], { outcome: "failed", code: "storage_refused" }],
    [
      "cannot copy",
      [DELETED, s3_error(500, "InternalError")],
      { outcome: "failed", code: "storage_unavailable" },
    ],
    ["had it expire meanwhile", [DELETED, s3_error(404, "NoSuchVersion")], { outcome: "not_found" }],
    ["had it restored meanwhile", [DELETED, s3_error(412, "PreconditionFailed")], { outcome: "not_deleted" }],
    [
      "is busy with it",
      [DELETED, s3_error(409, "ConditionalRequestConflict"), COPIED],
      { outcome: "restored" },
    ],
    ["hangs", ["silence"], { outcome: "failed", code: "timeout" }],
  ])("and %s", async (_, script, outcome) => {
    expect(await answers(...script)).toEqual({ outcomes: [{ file: FILE, ...outcome }] });
  });
});
