/** Users who have signed in, each with the endpoints under their own token. */
import {
  AdminCreateUserCommand,
  AdminSetUserPasswordCommand,
  CognitoIdentityProviderClient,
} from "@aws-sdk/client-cognito-identity-provider";
import { decodeJwt } from "jose";
import * as z from "zod";
import { createClient, memoryTokens, type PhotoClient } from "../../client/index.ts";
import { BUCKET, CREDENTIALS, DEMO_USER, REGION } from "../../local/config.ts";
import { type ListResponse, list_response } from "../../schemas/list.ts";
import { login_response } from "../../schemas/login.ts";
import { type UnzipResponse, unzip_response } from "../../schemas/unzip.ts";
import {
  type UploadSinglePhotoResponse,
  upload_single_photo_response,
} from "../../schemas/upload_single_photo.ts";
import { all } from "../support/all.ts";
import { checked_fetch } from "./checked_fetch.ts";
import { type Answer, file_form, post, post_json, read, type SentBody, type SentHeaders } from "./client.ts";
import type { TestStack } from "./stack.ts";

export { BUCKET, CREDENTIALS, DEMO_USER, REGION };

export interface Login {
  readonly username: string;
  readonly password: string;
}

export interface Session extends Login {
  readonly token: string;
  readonly refresh_token: string;
  /** Cognito's `username` claim. */
  readonly sub: string;
  /** What an app would use. It tries nothing again, and renews no token unless one is refused. */
  readonly client: PhotoClient;
  /** POST with a JSON body, or with none. */
  json(path: string, body?: unknown): Promise<Answer>;
  /** POST of any body. */
  post(path: string, body: SentBody, headers?: SentHeaders): Promise<Answer>;
  upload(bytes: Uint8Array, name?: string): Promise<UploadSinglePhotoResponse>;
  unzip(archive: Uint8Array): Promise<UnzipResponse>;
  list(body?: object): Promise<ListResponse>;
  /** Every photo, by as many cursors as it takes; the client does it. */
  list_all(limit?: number): Promise<ListResponse["photos"]>;
  download(filename: string): Promise<Answer>;
  delete(file: string): Promise<Answer>;
}

/** For what clients and administrators ask Cognito straight. */
export const cognito_of = ({ cognito }: TestStack): CognitoIdentityProviderClient =>
  new CognitoIdentityProviderClient({ endpoint: cognito.url, region: REGION, credentials: CREDENTIALS });

/** Makes a user whose password has to be changed, or need not be. */
export async function add_user(
  stack: TestStack,
  { username, password }: Login,
  { temporary = false } = {},
): Promise<void> {
  const cognito = cognito_of(stack);
  const user = { UserPoolId: stack.cognito.pool_id, Username: username };
  await cognito.send(
    new AdminCreateUserCommand({ ...user, TemporaryPassword: password, MessageAction: "SUPPRESS" }),
  );
  if (!temporary) {
    await cognito.send(new AdminSetUserPasswordCommand({ ...user, Password: password, Permanent: true }));
  }
  cognito.destroy();
}

export const login = (stack: TestStack, body: unknown): Promise<Answer> =>
  post_json(`${stack.url}/login`, body);

export async function sign_in(stack: TestStack, { username, password }: Login = DEMO_USER): Promise<Session> {
  const answer = await login(stack, { username, password });
  const { jwt, refreshToken } = read(answer, 200, login_response);
  return open_session(stack, { username, password }, jwt, refreshToken);
}

/** A new user, signed in. */
export async function new_session(stack: TestStack, name: string): Promise<Session> {
  const user = { username: `${name}@example.com`, password: `Passw0rd!-${name}` };
  await add_user(stack, user);
  return sign_in(stack, user);
}

export function open_session({ url }: TestStack, user: Login, token: string, refresh_token: string): Session {
  const own = { JWT: token };
  const tokens = memoryTokens();
  void tokens.set({
    username: user.username,
    jwt: token,
    refreshToken: refresh_token,
    expiresAt: Number.POSITIVE_INFINITY,
  });
  const client = createClient({ baseUrl: url, tokens, fetch: checked_fetch, retries: 0 });
  const session: Session = {
    ...user,
    client,
    token,
    refresh_token,
    sub: z.parse(z.object({ username: z.uuid() }), decodeJwt(token)).username,
    json: (path, body) =>
      body === undefined ? post(url + path, undefined, own) : post_json(url + path, body, own),
    post: (path, body, headers) => post(url + path, body, { ...own, ...headers }),
    upload: async (bytes, name) =>
      read(
        await session.post("/upload_single_photo", file_form("file", bytes, name)),
        201,
        upload_single_photo_response,
      ),
    unzip: async (archive) =>
      read(
        await session.post("/unzip", file_form("archive", archive, "photos.zip", "application/zip")),
        200,
        unzip_response,
      ),
    list: async (body) => read(await session.json("/list", body), 200, list_response),
    list_all: (pageSize = 1_000) => all(client.list({ pageSize })),
    download: (filename) => session.json("/download", { filename }),
    delete: (file) => session.json("/delete", { file }),
  };
  return session;
}
