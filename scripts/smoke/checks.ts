/** What every deployment must answer: first to nobody in particular, then to a user with a photo. */
import { randomBytes } from "node:crypto";
import { zipSync } from "fflate";
import { photo_deleted } from "../../schemas/delete.ts";
import { list_response } from "../../schemas/list.ts";
import { login_response } from "../../schemas/login.ts";
import { unzip_response } from "../../schemas/unzip.ts";
import { upload_single_photo_response } from "../../schemas/upload_single_photo.ts";
import { type Api, expect_problem, expect_status, read_answer, SmokeError } from "./api.ts";

export interface User {
  readonly username: string;
  readonly password: string;
}

export interface Photo {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** MIME type, by the bytes. */
  readonly type: string;
}

/** Says what has been found to be right. */
export type Report = (what: string) => void;

/** Who is not a user of any pool: the domain cannot be had (RFC 2606, section 2). */
const NOBODY = { username: "nobody@smoke-test.invalid", password: "Nobody-has-this-1!" };

/**
 * All of it, or without a user what can be seen without one.
 * @throws SmokeError on the first answer that is wrong
 */
export async function check_api(
  api: Api,
  user: User | undefined,
  photo: Photo,
  report: Report,
): Promise<void> {
  await check_refusals(api, report);
  if (user === undefined) return;
  const token = await check_sign_in(api, user, report);
  await check_photos(api.with_token(token), photo, report);
}

/** The gateway, the authorizer and the sign-in, by what they refuse. */
async function check_refusals(api: Api, report: Report): Promise<void> {
  expect_status(await api.post("/list"), 401);
  report("without a token the gateway refuses: 401");

  // An authorizer that cannot start or has the wrong settings is a 500 here.
  expect_status(await api.with_token("not-a-token").post("/list"), 403);
  report("the authorizer refuses what is no token: 403");

  expect_status(await api.post("/there-is-no-such-route"), 404);
  report("an unknown route is refused: 404");

  expect_problem(await api.post("/login", { username: NOBODY.username }), 400, "invalid_request");
  report("a sign-in without a password is refused: 400 invalid_request");

  // Only Cognito can say so: the function reaches it, and the client's id is right.
  expect_problem(await api.post("/login", NOBODY), 401, "invalid_credentials");
  report("nobody cannot sign in: 401 invalid_credentials");
}

/** @returns the token */
async function check_sign_in(api: Api, { username, password }: User, report: Report): Promise<string> {
  const { jwt } = read_answer(await api.post("/login", { username, password }), 200, login_response);
  report("the test user signs in");
  return jwt;
}

/**
 * A photo, alone and in an archive, is stored, listed, given back byte for byte, and deleted. Nothing of it stays,
 * whatever goes wrong on the way.
 * @param api with the user's token
 */
async function check_photos(api: Api, photo: Photo, report: Report): Promise<void> {
  const stored: string[] = [];
  const [alone, archived] = [unlike_any(photo), unlike_any(photo)];
  try {
    await upload(api, alone, stored);
    report("a photo is stored");
    await unzip(api, archived, stored);
    report("a photo of an archive is stored");
    await find_all(api, stored, alone);
    report("the list has both");
    for (const [i, filename] of stored.entries()) await download(api, filename, i === 0 ? alone : archived);
    report("both come back byte for byte");
    for (const filename of stored) await remove(api, filename);
    report("both are deleted, and gone");
  } catch (error) {
    // What is wrong already is told; that this fails too would add nothing.
    for (const file of stored) await api.post("/delete", { file }).catch(() => undefined);
    throw error;
  }
}

/**
 * The photo with a random end, which viewers pass over. One that the user has already would be answered as a duplicate, and
 * deleted as if it were ours.
 */
const unlike_any = (photo: Photo): Photo => ({
  ...photo,
  bytes: Buffer.concat([photo.bytes, randomBytes(16)]),
});

async function upload(api: Api, { name, bytes, type }: Photo, stored: string[]): Promise<void> {
  const answer = await api.upload("/upload_single_photo", "file", name, bytes);
  const { filename, size, contentType } = read_answer(answer, 201, upload_single_photo_response);
  stored.push(filename);
  if (size !== bytes.byteLength || contentType !== type) {
    throw new SmokeError(`POST /upload_single_photo: stored as ${contentType} of ${size} bytes`);
  }
}

async function unzip(api: Api, { name, bytes }: Photo, stored: string[]): Promise<void> {
  const archive = zipSync({ [name]: bytes }, { level: 0 });
  const answer = await api.upload("/unzip", "archive", "smoke_test.zip", archive);
  const { uploaded, skipped, failed } = read_answer(answer, 200, unzip_response);
  stored.push(...uploaded.map(({ filename }) => filename));
  if (uploaded.length !== 1 || skipped.length + failed.length > 0) {
    const counts = `${uploaded.length} uploaded, ${skipped.length} skipped, ${failed.length} failed`;
    throw new SmokeError(`POST /unzip: of an archive with one photo, ${counts}`);
  }
}

/** On the first page, since the newest photos come first. */
async function find_all(api: Api, filenames: readonly string[], { bytes }: Photo): Promise<void> {
  const { photos } = read_answer(await api.post("/list", { limit: 100 }), 200, list_response);
  const sizes = new Map(photos.map(({ filename, size }) => [filename, size]));
  const missing = filenames.filter((filename) => sizes.get(filename) !== bytes.byteLength);
  if (missing.length > 0)
    throw new SmokeError(`POST /list: ${missing.length} of the photos stored are missing`);
}

async function download(api: Api, filename: string, { bytes, type }: Photo): Promise<void> {
  const answer = await api.post("/download", { filename });
  expect_status(answer, 200);
  if (answer.content_type !== type || !answer.bytes.equals(bytes)) {
    const came = `${answer.content_type ?? "no type"}, ${answer.bytes.byteLength} bytes`;
    throw new SmokeError(`POST /download: the photo came back changed (${came})`);
  }
}

async function remove(api: Api, filename: string): Promise<void> {
  const { deleted } = read_answer(await api.post("/delete", { file: filename }), 200, photo_deleted);
  if (deleted !== filename) throw new SmokeError("POST /delete: another photo was deleted");
  expect_problem(await api.post("/download", { filename }), 404, "photo_not_found");
}
