/** Words that must never be seen in a log: passwords, tokens, and what bodies hold, in any spelling. */
import {
  ChangePasswordCommand,
  ConfirmSignUpCommand,
  ForgotPasswordCommand,
  GetUserCommand,
  InitiateAuthCommand,
  SignUpCommand,
} from "@aws-sdk/client-cognito-identity-provider";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { sha256_of } from "../../layer/sha256.ts";
import { read_functions_table } from "../../local/functions_table.ts";
import { download_started } from "../../schemas/download.ts";
import { job_response } from "../../schemas/job.ts";
import { refresh_response } from "../../schemas/refresh.ts";
import { request_upload_response } from "../../schemas/request_upload.ts";
import { upload_parts_response } from "../../schemas/upload_parts.ts";
import { build_zip } from "../archive/zip_builder.ts";
import { jpeg_of } from "../support/fixture_photos.ts";
import { send_form, send_part } from "../support/uploads.ts";
import { type Answer, file_form, post, post_json, read, send } from "./client.ts";
import { always, cognito_fault, s3_fault } from "./fault_proxy.ts";
import { type FaultyStack, start_faulty_stack } from "./faulty_stack.ts";
import { closing, content_type, file } from "./forms.ts";
import { queues_are_empty } from "./queues.ts";
import { add_user, cognito_of, DEMO_USER, login, type Session, sign_in } from "./session.ts";
import { start_test_stack, type TestStack } from "./stack.ts";
import { type Storage, stamp, storage_of } from "./storage.ts";

const PASSWORD = "Kanarienvogel-Pass-1!";
const TEMPORARY = "Kanarienvogel-Temp-2!";
const NEW = "Kanarienvogel-New-3!";
const WRONG = "Kanarienvogel-Wrong-4!";
const CHANGED = "Kanarienvogel-Changed-5!";
const CONTENT = "canary-content-of-a-photo-6";
const FIELD = "canary-value-of-a-field-7";
const JSON_VALUE = "canary-value-in-json-8";
const GARBAGE_TOKEN = "canary-garbage-token-9";
const FILE_NAME = "canary-name-of-a-file-10";

const photo = (length = 2_000): Buffer => Buffer.concat([jpeg_of(length), Buffer.from(CONTENT), jpeg_of(50)]);

/** The words themselves, and as base64 spells them wherever they begin, in URLs, as hexadecimal. */
function spellings(word: string): string[] {
  const base64 = [0, 1, 2].map((before) =>
    // What stands around the word changes the first and last signs.
    Buffer.concat([Buffer.alloc(before, "x"), Buffer.from(word)])
      .toString("base64")
      .replace(/=+$/, "")
      .slice(before === 0 ? 0 : before + 1, -1),
  );
  return [
    word,
    encodeURIComponent(word),
    JSON.stringify(word).slice(1, -1),
    Buffer.from(word).toString("hex"),
    ...base64,
    ...base64.map((text) => text.replaceAll("+", "-").replaceAll("/", "_")),
  ];
}

describe("what no log line may hold", () => {
  let faulty: FaultyStack;
  let stack: TestStack;
  let storage: Storage;
  const tokens: string[] = [];
  const names: string[] = [];

  beforeAll(async () => {
    faulty = await start_faulty_stack();
    ({ stack } = faulty);
    storage = storage_of(stack);
    const session = await sign_up_and_in();
    await use_every_endpoint(session);
    await send_what_is_wrong(session);
    await use_while_all_fails(session);
    await ask_cognito(session);
  }, 60_000);
  afterAll(async () => {
    storage.close();
    await faulty.close();
  });

  async function sign_up_and_in(): Promise<Session> {
    const cognito = cognito_of(stack);
    const ids = { ClientId: stack.cognito.client_id, Username: "signed-up@example.com" };
    await cognito.send(new SignUpCommand({ ...ids, Password: WRONG }));
    await cognito.send(new ConfirmSignUpCommand({ ...ids, ConfirmationCode: "000000" })).catch(() => {});
    cognito.destroy();
    await login(stack, { username: ids.Username, password: WRONG });

    await add_user(stack, { username: "canary@example.com", password: PASSWORD });
    await add_user(stack, { username: "invited@example.com", password: TEMPORARY }, { temporary: true });
    const invited = { username: "invited@example.com", password: TEMPORARY };
    await login(stack, invited);
    await login(stack, { ...invited, newPassword: "Kanarienvogel-x" });
    await login(stack, { ...invited, newPassword: NEW });
    await login(stack, { username: "canary@example.com", password: WRONG });
    const session = await sign_in(stack, { username: "canary@example.com", password: PASSWORD });
    tokens.push(session.token, session.refresh_token);
    return session;
  }

  async function use_every_endpoint(session: Session): Promise<void> {
    const form = file_form("file", photo(), `${FILE_NAME}.jpg`);
    form.append("note", FIELD);
    const answer = await session.post("/upload_single_photo", form);
    expect(answer.status).toBe(201);
    const { filename } = z.looseObject({ filename: z.string() }).parse(JSON.parse(answer.bytes.toString()));
    names.push(filename);
    const entries = [
      { name: `${FILE_NAME}/a.jpg`, data: photo() },
      { name: `${FILE_NAME}.txt`, data: Buffer.from(CONTENT) },
      { name: `${FILE_NAME}-bad.jpg`, data: photo(), central: { crc32: 1 }, local: { crc32: 1 } },
    ];
    await session.unzip(build_zip({ entries }));
    const { cursor } = await session.list({ limit: 1 });
    tokens.push(cursor ?? "");
    await session.list({ cursor });
    await session.download(filename);
    const large = `${stamp(Date.now() - 1e8)}_large.jpg`;
    await storage.put(`${session.sub}/${large}`, photo(4_600_000));
    const redirect = await session.download(large);
    const location = redirect.headers.get("location") ?? "";
    tokens.push(new URL(location).searchParams.get("X-Amz-Signature") ?? "");
    expect((await send(location)).status).toBe(200);
    await session.delete(filename);
    expect((await session.json("/restore", { files: [filename] })).status).toBe(200);
    const known = { name: `${FILE_NAME}.jpg`, size: photo().length, checksum: sha256_of(photo()) };
    expect((await session.json("/check", { photos: [known] })).status).toBe(200);
    expect((await send(`${stack.url}/openapi.json`)).status).toBe(200);
    await use_uploads(session);
    await use_export(session);
    await use_refresh_tokens();
    await post(`${stack.url}/list`, "", {
      JWT: `Bearer ${session.token}`,
      authorization: `Bearer ${session.refresh_token}`,
    });
  }

  async function use_export(session: Session): Promise<void> {
    const started = read(await session.json("/download", { all: true }), 202, download_started);
    await queues_are_empty(stack);
    const { archive } = read(await session.json("/job", started), 200, job_response);
    const url = archive?.url ?? "";
    tokens.push(new URL(url).searchParams.get("X-Amz-Signature") ?? "");
    expect((await send(url)).status).toBe(200);
  }

  async function use_refresh_tokens(): Promise<void> {
    const { refresh_token: refreshToken } = await sign_in(stack, {
      username: "canary@example.com",
      password: PASSWORD,
    });
    const refreshed = await post_json(`${stack.url}/refresh`, { refreshToken });
    tokens.push(refreshToken, read(refreshed, 200, refresh_response).jwt);
    expect((await post_json(`${stack.url}/logout`, { refreshToken })).status).toBe(204);
  }

  async function use_uploads(session: Session): Promise<void> {
    const bytes = photo();
    const entries = [
      { name: `${FILE_NAME}/a.jpg`, data: photo() },
      { name: `${FILE_NAME}-bad.jpg`, data: photo(), central: { crc32: 1 }, local: { crc32: 1 } },
    ];
    await send_whole(session, bytes, { contentType: "image/jpeg", kind: "photo" });
    const archive = { contentType: "application/zip", kind: "archive" };
    const job = await send_whole(session, build_zip({ entries }), archive);
    const { uploadId } = await request_upload(session, bytes, { ...archive, multipart: true });
    const asked = await session.json("/upload_parts", { uploadId, sign: [1] });
    const { urls } = read(asked, 200, upload_parts_response);
    tokens.push(new URL(urls[1] ?? "").searchParams.get("X-Amz-Signature") ?? "");
    expect((await send_part(urls[1] ?? "", bytes)).status).toBe(200);
    expect((await session.json("/cancel_upload", { uploadId })).status).toBe(204);
    await queues_are_empty(stack);
    expect((await session.json("/job", JSON.parse(job.bytes.toString()))).status).toBe(200);
  }

  async function request_upload(session: Session, bytes: Buffer, file: object) {
    const body = { name: `${FILE_NAME}.jpg`, size: bytes.length, ...file };
    const answer = read(await session.json("/request_upload", body), 201, request_upload_response);
    tokens.push(answer.uploadId);
    return answer;
  }

  async function send_whole(session: Session, bytes: Buffer, file: object): Promise<Answer> {
    const form = await request_upload(session, bytes, file);
    if (form.method !== "POST") throw new Error("This is no form.");
    tokens.push(form.fields["X-Amz-Signature"] ?? "", form.fields.Policy ?? "");
    expect((await send_form(form, bytes.subarray(1))).status).toBe(400);
    expect((await send_form(form, bytes)).status).toBe(204);
    const answer = await session.json("/complete_upload", { uploadId: form.uploadId });
    expect(answer.status).toBeLessThan(300);
    return answer;
  }

  async function send_what_is_wrong(session: Session): Promise<void> {
    const json = { "content-type": "application/json" };
    const url = `${stack.url}/login`;
    const good = JSON.stringify({ username: "canary@example.com", password: PASSWORD, newPassword: NEW });
    await post(url, good.slice(0, -1), json);
    await post(url, `${good}${good}`, json);
    await post(url, good.replaceAll('"', "'"), json);
    await post(url, `\u0000${good}`, json);
    await post(url, good.replace("{", '{"__proto__":{},'), json);
    await post(url, good.replace(`"${PASSWORD}"`, `["${PASSWORD}"]`), json);
    await post(url, JSON.stringify({ [PASSWORD]: NEW }), json);
    await post(url, JSON.stringify(PASSWORD), json);
    await post(url, good, { "content-type": "text/plain" });
    await post(url, good);
    await post(`${url}?password=${encodeURIComponent(PASSWORD)}`, good, json);
    await post(`${stack.url}/${encodeURIComponent(PASSWORD)}`, good, json);
    await login(stack, { username: PASSWORD, password: WRONG });
    await login(stack, { username: "canary@example.com", password: PASSWORD.repeat(20) });

    for (const token of [
      GARBAGE_TOKEN,
      `Bearer ${GARBAGE_TOKEN}`,
      `${session.token}x`,
      session.refresh_token,
    ]) {
      await post(`${stack.url}/list`, "", { JWT: token });
    }
    for (const [path, field] of [
      ["/list", "cursor"],
      ["/download", "filename"],
      ["/delete", "file"],
      ["/request_upload", "name"],
      ["/upload_parts", "uploadId"],
      ["/complete_upload", "uploadId"],
      ["/cancel_upload", "uploadId"],
      ["/job", "jobId"],
      ["/check", "photos"],
      ["/restore", "files"],
      ["/refresh", "refreshToken"],
      ["/logout", "refreshToken"],
    ] as const) {
      await session.json(path, { [field]: JSON_VALUE });
      await session.json(path, { [field]: [JSON_VALUE], [JSON_VALUE]: 1 });
      await session.post(path, `{"${field}":"${JSON_VALUE}"`, json);
    }
    const form = file(photo(), `name="file"; filename="${FILE_NAME}.jpg"`);
    for (const path of ["/upload_single_photo", "/unzip"]) {
      await session.post(path, form, { "content-type": content_type() });
      await session.post(path, Buffer.concat([form, form, closing()]), { "content-type": content_type() });
      await session.post(path, form, { "content-type": `text/plain; boundary=${FIELD}` });
      await session.post(path, Buffer.concat([file(CONTENT), closing()]), { "content-type": content_type() });
      await session.post(path, file_form("archive", Buffer.from(CONTENT), FILE_NAME));
      await session.post(path, file_form(FIELD, photo(), FILE_NAME));
    }
  }

  async function use_while_all_fails(session: Session): Promise<void> {
    const known = `${stamp(Date.now())}_${FILE_NAME}.jpg`;
    for (const fault of [
      s3_fault(403, "AccessDenied"),
      s3_fault(500, "InternalError"),
      "cut_request",
    ] as const) {
      faulty.s3.script = always(() => true, fault);
      await session.post("/upload_single_photo", file_form("file", photo(), `${FILE_NAME}.jpg`));
      await session.post(
        "/unzip",
        file_form("archive", build_zip({ entries: [{ name: `${FILE_NAME}.jpg`, data: photo() }] })),
      );
      await session.download(known);
      await session.delete(known);
      await session.json("/list");
      await session.json("/restore", { files: [known] });
      await session.json("/download", { filenames: [known] });
      const checksum = sha256_of(photo());
      await session.json("/check", { photos: [{ name: FILE_NAME, size: 1, checksum }] });
    }
    faulty.s3.reset();
    for (const name of ["InvalidParameterException", "TooManyRequestsException", "Unheard-of"]) {
      faulty.cognito.script = always(() => true, cognito_fault(400, name));
      await login(stack, { username: "canary@example.com", password: PASSWORD, newPassword: NEW });
    }
    faulty.cognito.reset();
  }

  async function ask_cognito(session: Session): Promise<void> {
    const cognito = cognito_of(stack);
    const { AuthenticationResult } = await cognito.send(
      new InitiateAuthCommand({
        ClientId: stack.cognito.client_id,
        AuthFlow: "REFRESH_TOKEN_AUTH",
        AuthParameters: { REFRESH_TOKEN: session.refresh_token },
      }),
    );
    const { AccessToken = "", IdToken = "" } = AuthenticationResult ?? {};
    tokens.push(AccessToken, IdToken);
    await post(`${stack.url}/list`, "", { JWT: IdToken });
    await cognito.send(new GetUserCommand({ AccessToken }));
    await cognito.send(
      new ChangePasswordCommand({ AccessToken, PreviousPassword: PASSWORD, ProposedPassword: CHANGED }),
    );
    await cognito.send(
      new ForgotPasswordCommand({ ClientId: stack.cognito.client_id, Username: session.username }),
    );
    await post(stack.cognito.url, `{"Password":"${PASSWORD}"`, {
      "content-type": "application/x-amz-json-1.1",
      "x-amz-target": "AWSCognitoIdentityProviderService.InitiateAuth",
    });
    cognito.destroy();
  }

  const found = (words: readonly string[], among: (source: string) => boolean = () => true) => {
    const unwanted = words.filter((word) => word !== "").flatMap(spellings);
    return stack.log.filter(
      ({ line, source }) => among(source) && unwanted.some((word) => line.includes(word)),
    );
  };

  it("there is a log to look at, from every part", () => {
    const functions = Object.keys(read_functions_table());
    expect(new Set(stack.log.map(({ source }) => source))).toEqual(
      new Set(["gateway", "s3", "cognito", ...functions]),
    );
    expect(stack.log.length).toBeGreaterThan(150);
    expect(tokens.length).toBeGreaterThanOrEqual(6);
  });

  it("no password, whatever became of it", () => {
    expect(found([PASSWORD, TEMPORARY, NEW, WRONG, CHANGED, "Kanarienvogel", DEMO_USER.password])).toEqual(
      [],
    );
  });

  it("no token, whole or in part, and no signature of a URL", () => {
    const parts = tokens.flatMap((token) => token.split(".").filter((part) => part.length >= 16));
    expect(found([...tokens, ...parts, GARBAGE_TOKEN])).toEqual([]);
    expect(
      stack.log.filter(({ line }) => /eyJ[\w-]{10}|Bearer |AWS4-HMAC|X-Amz-Signature/i.test(line)),
    ).toEqual([]);
  });

  it("no header in which a token or a password may be", () => {
    const headers = /"(?:authorization|jwt|cookie|x-amz-security-token)"\s*:/i;
    expect(stack.log.filter(({ line }) => headers.test(line))).toEqual([]);
  });

  it("nothing of a photo, and no value of a form's field", () => {
    expect(found([CONTENT, FIELD])).toEqual([]);
  });

  it("nothing of a JSON body", () => {
    expect(found([JSON_VALUE, "canary@example.com"])).toEqual([]);
  });

  it("no name of a file, but for S3's own line, which has the key as its path", () => {
    expect(found([FILE_NAME, ...names], (source) => source !== "s3")).toEqual([]);
  });

  it("no credentials of AWS", () => {
    expect(stack.log.some(({ line }) => line.includes("local-secret"))).toBe(false);
  });
});

it("a token in the Authorization header, where a deployment wants it there, is in no log either", async () => {
  const stack = await start_test_stack({ config: { token_header: "Authorization" } });
  try {
    const { token } = await sign_in(stack);
    const list = (authorization: string) => post(`${stack.url}/list`, "", { authorization });
    expect((await list(`Bearer ${token}`)).status).toBe(200);
    expect((await list(token)).status).toBe(200);
    expect((await list(`Bearer ${GARBAGE_TOKEN}`)).status).toBe(403);
    expect((await post(`${stack.url}/list`, "", { JWT: token })).status).toBe(401);
    const words = [GARBAGE_TOKEN, ...token.split(".")];
    expect(stack.log.filter(({ line }) => words.some((word) => line.includes(word)))).toEqual([]);
  } finally {
    await stack.close();
  }
});
