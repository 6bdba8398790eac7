import { afterAll, describe, expect, it } from "vitest";
import { photo_filename } from "../../layer/photo_keys.ts";
import { delete_response } from "../../schemas/delete.ts";
import { list_photos, put_photo } from "../../storage/photo_store.ts";
import { read_answer, read_problem } from "../support/answers.ts";
import { jpeg_of } from "../support/fixture_photos.ts";
import { json_event, lambda_context } from "../support/http_event.ts";
import { BUCKET, client_for, function_environment, start_photo_storage } from "../support/photo_storage.ts";
import { quiet } from "../support/quiet.ts";
import { s3_error, scripted_server } from "../support/scripted_server.ts";

const { url, store, close } = await start_photo_storage();
Object.assign(process.env, function_environment(url));
const { handler, delete_photos } = await import("../../handlers/delete.ts");

quiet();
afterAll(close);

const { signal } = new AbortController();

const stored = async (user: string): Promise<string> => {
  const photo = { name: 'é "1" %2f.jpg', bytes: jpeg_of(500), content_type: "image/jpeg" };
  return (await put_photo(store, user, photo, signal)).filename;
};

const photos_of = async (user: string) =>
  (await list_photos(store, user, "", signal)).photos.map(({ filename }) => filename);

const deletion = (body: unknown, username: unknown = "ann") =>
  handler(json_event(body, { route: "POST /delete", username }), lambda_context());

describe("POST /delete", () => {
  it("deletes a photo and says which", async () => {
    const file = await stored("ann");
    const kept = await stored("ann");
    expect(read_answer(delete_response, await deletion({ file }))).toEqual({ deleted: file });
    expect(await photos_of("ann")).toEqual([kept]);
  });

  it("says of a photo that is not there any more that it is not there", async () => {
    const file = await stored("bob");
    await deletion({ file }, "bob");
    expect(read_problem(await deletion({ file }, "bob"))).toMatchObject({
      status: 404,
      code: "photo_not_found",
    });
  });

  it("answers a filename of another user, of nobody and what is no filename with the same bytes", async () => {
    const file = await stored("cleo");
    const wanted = [
      file,
      "20200101T000000000Z_a.jpg",
      `cleo/${file}`,
      `../cleo/${file}`,
      `..%2fcleo%2f${file}`,
      "a.jpg",
      "/",
      "*",
      "\0",
      "x".repeat(275),
    ];
    const answers = await Promise.all(wanted.map((one) => deletion({ file: one }, "mallory")));
    for (const answer of answers) {
      expect(answer.statusCode).toBe(404);
      expect(answer).toEqual(answers[0]);
    }
    expect(await photos_of("cleo")).toHaveLength(1);
  });

  it.each([
    ["no file", {}, ["file"]],
    ["a file that is no text", { file: 7 }, ["file"]],
    ["an empty file", { file: "" }, ["file"]],
    ["a file that is too long", { file: "x".repeat(276) }, ["file"]],
    ["a list of files as a file", { file: ["a", "b"] }, ["file"]],
    ["no files", { files: [] }, ["files"]],
    ["more than 1,000 files", { files: Array.from({ length: 1_001 }, (_, at) => `${at}`) }, ["files"]],
    ["a file twice", { files: ["a", "b", "a"] }, ["files"]],
    ["files that are no texts", { files: ["a", 7, ""] }, ["files.1", "files.2"]],
    ["files that are no list", { files: "a" }, ["files"]],
    ["a file and files", { file: "a", files: ["b"] }, ["files"]],
    ["nothing that is an object", ["a"], [""]],
    ["the field of another endpoint", { filename: "a" }, ["file", "filename"]],
  ])("refuses %s and names the field", async (_, body, fields) => {
    const { status, code, errors } = read_problem(await deletion(body));
    expect({ status, code }).toEqual({ status: 400, code: "invalid_request" });
    expect(errors?.map(({ field }) => field)).toEqual(fields);
  });

  it("deletes many, and says of each what has become of it, in the order of the request", async () => {
    const files = await Promise.all(Array.from({ length: 120 }, () => stored("dora")));
    const kept = await stored("dora");
    const foreign = await stored("emil");
    const [gone = ""] = files;
    await deletion({ file: gone }, "dora");
    const missing = [foreign, `emil/${foreign}`, "20200101T000000000Z_a.jpg", "a.jpg", "*", "x".repeat(275)];
    const asked = [...files.slice(0, 60), ...missing, ...files.slice(60)];
    const answer = read_answer(delete_response, await deletion({ files: asked }, "dora"));
    expect(answer).toEqual({
      outcomes: asked.map((file) => ({
        file,
        outcome: missing.includes(file) || file === gone ? "not_found" : "deleted",
      })),
    });
    expect(await photos_of("dora")).toEqual([kept]);
    expect(await photos_of("emil")).toEqual([foreign]);
  });

  it("takes 1,000 of the longest names, escaped or not, and answers within 6 MB", async () => {
    for (const sign of ['"', "\u3042"]) {
      const length = Math.floor(255 / Buffer.byteLength(sign)) - 4;
      const files = Array.from({ length: 1_000 }, (_, at) =>
        photo_filename(new Date(at), sign.repeat(length) + String(at).padStart(4, "0")),
      );
      const ascii = JSON.stringify({ files }).replace(
        /[\u0080-\uffff]/g,
        (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
      );
      const event = json_event({}, { route: "POST /delete", username: "finn" });
      const answer = await handler({ ...event, body: ascii, isBase64Encoded: false }, lambda_context());
      expect(read_answer(delete_response, answer)).toEqual({
        outcomes: files.map((file) => ({ file, outcome: "not_found" })),
      });
      expect(Buffer.byteLength(JSON.stringify(answer))).toBeLessThan(6_000_000);
    }
  });

  it("says which were not attempted and which may be deleted or not, when the time is up", async () => {
    const hanging = await scripted_server(() => "silence");
    const s3 = client_for(hanging.url, { maxAttempts: 1 });
    const files = Array.from({ length: 60 }, (_, at) => photo_filename(new Date(at), "a.jpg"));
    const reply = await delete_photos({ s3, bucket: BUCKET })({
      username: "ann",
      body: { files },
      signal,
      deadline: Date.now() + 3_300,
    });
    s3.destroy();
    await hanging.close();
    expect(reply).toEqual({
      status: 200,
      body: {
        outcomes: files.map((file, at) =>
          at < 50 ? { file, outcome: "failed", code: "timeout" } : { file, outcome: "not_attempted" },
        ),
      },
    });
  });

  it("says of each why it failed", async () => {
    const answers = [
      s3_error(403, "AccessDenied"),
      s3_error(503, "SlowDown"),
      { status: 204 },
      s3_error(404, "NoSuchKey"),
    ];
    const server = await scripted_server(
      ({ url: asked }) => answers[Number(/Z_(\d)/.exec(asked)?.[1])] ?? { status: 500 },
    );
    const s3 = client_for(server.url, { maxAttempts: 1 });
    const files = answers.map((_, at) => `20260101T000000000Z_${at}`);
    const reply = await delete_photos({ s3, bucket: BUCKET })({
      username: "ann",
      body: { files },
      signal,
      deadline: Date.now() + 29_000,
    });
    s3.destroy();
    await server.close();
    expect(reply.body).toEqual({
      outcomes: [
        { file: files[0], outcome: "failed", code: "storage_refused" },
        { file: files[1], outcome: "failed", code: "storage_unavailable" },
        { file: files[2], outcome: "deleted" },
        { file: files[3], outcome: "not_found" },
      ],
    });
  });

  it("refuses a request without a user", async () => {
    expect(read_problem(await deletion({ file: "a" }, "")).code).toBe("unauthenticated");
  });
});
