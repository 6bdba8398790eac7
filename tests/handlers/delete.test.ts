import { afterAll, describe, expect, it } from "vitest";
import { delete_response } from "../../schemas/delete.ts";
import { list_photos, put_photo } from "../../storage/photo_store.ts";
import { read_answer, read_problem } from "../support/answers.ts";
import { jpeg_of } from "../support/fixture_photos.ts";
import { json_event, lambda_context } from "../support/http_event.ts";
import { function_environment, start_photo_storage } from "../support/photo_storage.ts";
import { quiet } from "../support/quiet.ts";

const { url, store, close } = await start_photo_storage();
Object.assign(process.env, function_environment(url));
const { handler } = await import("../../handlers/delete.ts");

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
    ["a list of files", { file: ["a", "b"] }, ["file"]],
    ["the field of another endpoint", { filename: "a" }, ["file", "filename"]],
  ])("refuses %s and names the field", async (_, body, fields) => {
    const { status, code, errors } = read_problem(await deletion(body));
    expect({ status, code }).toEqual({ status: 400, code: "invalid_request" });
    expect(errors?.map(({ field }) => field)).toEqual(fields);
  });

  it("refuses a request without a user", async () => {
    expect(read_problem(await deletion({ file: "a" }, "")).code).toBe("unauthenticated");
  });
});
