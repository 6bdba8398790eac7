/** The six endpoints, as the README tells their story. */
import { readFileSync } from "node:fs";
import {
  ConfirmSignUpCommand,
  InitiateAuthCommand,
  RevokeTokenCommand,
  SignUpCommand,
} from "@aws-sdk/client-cognito-identity-provider";
import { decodeJwt } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { delete_response } from "../../schemas/delete.ts";
import { list_response } from "../../schemas/list.ts";
import { login_response } from "../../schemas/login.ts";
import { refresh_response } from "../../schemas/refresh.ts";
import { FIXTURE_PHOTOS, fixture_photo, jpeg_of, tiny_png } from "../support/fixture_photos.ts";
import { expect_gateway_answer, post_json, read, read_disposition, read_problem } from "./client.ts";
import { add_user, cognito_of, DEMO_USER, login, new_session, open_session, sign_in } from "./session.ts";
import { crashes, start_test_stack, type TestStack } from "./stack.ts";
import { type Storage, storage_of } from "./storage.ts";

let stack: TestStack;
let storage: Storage;
beforeAll(async () => {
  stack = await start_test_stack();
  storage = storage_of(stack);
});
afterAll(async () => {
  storage.close();
  await stack.close();
});

describe("POST /login", () => {
  it("gives the demo user tokens, and the user name as it was given", async () => {
    const answer = read(await login(stack, DEMO_USER), 200, login_response);
    expect(answer.credentials).toBe(DEMO_USER.username);
    expect(answer.expiresIn).toBe(3600);
    expect(decodeJwt(answer.jwt)).toMatchObject({
      token_use: "access",
      client_id: stack.cognito.client_id,
      username: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    expect(answer.refreshToken).not.toBe("");
  });

  it("takes the user name in any case, and gives it back unchanged", async () => {
    const username = DEMO_USER.username.toUpperCase();
    const answer = read(await login(stack, { ...DEMO_USER, username }), 200, login_response);
    expect(answer.credentials).toBe(username);
  });

  it("lets in whoever has signed up with Cognito, once the sign-up is confirmed", async () => {
    const user = { username: "new@example.com", password: "Sign-Up-1!" };
    const ids = { ClientId: stack.cognito.client_id, Username: user.username };
    const cognito = cognito_of(stack);
    await cognito.send(new SignUpCommand({ ...ids, Password: user.password }));
    read_problem(await login(stack, user), 403, "user_not_confirmed");

    const mail = readFileSync(stack.mail_file, "utf8");
    const code = /to new@example\.com: sign_up (\d{6})/.exec(mail)?.[1];
    await cognito.send(new ConfirmSignUpCommand({ ...ids, ConfirmationCode: code }));
    cognito.destroy();
    read(await login(stack, user), 200, login_response);
  });

  it("has a temporary password changed, in the same call", async () => {
    const user = { username: "invited@example.com", password: "Temporary-1!" };
    const newPassword = "Lasting-2!";
    await add_user(stack, user, { temporary: true });

    read_problem(await login(stack, user), 403, "new_password_required");
    read_problem(
      await login(stack, { ...user, newPassword: "short" }),
      400,
      "invalid_new_password",
      "newPassword",
    );
    const answer = read(await login(stack, { ...user, newPassword }), 200, login_response);
    expect(answer.credentials).toBe(user.username);
    read(await login(stack, { ...user, password: newPassword }), 200, login_response);
    read_problem(await login(stack, user), 401, "invalid_credentials");
  });

  it("gives a refresh token that Cognito exchanges until it is revoked", async () => {
    const session = await sign_in(stack);
    const ClientId = stack.cognito.client_id;
    const cognito = cognito_of(stack);
    const refresh = () =>
      cognito.send(
        new InitiateAuthCommand({
          ClientId,
          AuthFlow: "REFRESH_TOKEN_AUTH",
          AuthParameters: { REFRESH_TOKEN: session.refresh_token },
        }),
      );
    const { AuthenticationResult } = await refresh();
    const token = AuthenticationResult?.AccessToken ?? "";
    expect(token).not.toBe(session.token);
    await open_session(stack, session, token, "").list();

    await cognito.send(new RevokeTokenCommand({ ClientId, Token: session.refresh_token }));
    await expect(refresh()).rejects.toMatchObject({ name: "NotAuthorizedException" });
    cognito.destroy();
  });
});

describe("POST /refresh and POST /logout", () => {
  it("give new access tokens until the sign-in is ended, which may be said twice", async () => {
    const session = await sign_in(stack);
    const body = { refreshToken: session.refresh_token };
    const refresh = () => post_json(`${stack.url}/refresh`, body);
    const { jwt, refreshToken } = read(await refresh(), 200, refresh_response);
    expect(refreshToken).toBe(session.refresh_token);
    expect(decodeJwt(jwt)).toMatchObject({ token_use: "access", username: session.sub });
    await open_session(stack, session, jwt, "").list();

    for (let time = 1; time <= 2; time += 1) {
      expect((await post_json(`${stack.url}/logout`, body)).status).toBe(204);
    }
    read_problem(await refresh(), 401, "invalid_refresh_token");
  });

  it("end one sign-in of a user and no other", async () => {
    const [here, there] = [await sign_in(stack), await sign_in(stack)];
    await post_json(`${stack.url}/logout`, { refreshToken: here.refresh_token });
    read(
      await post_json(`${stack.url}/refresh`, { refreshToken: there.refresh_token }),
      200,
      refresh_response,
    );
  });

  it.each(["", "not-a-token", "a.b.c"])("say of %j that it is no refresh token", async (refreshToken) => {
    const answer = await post_json(`${stack.url}/refresh`, { refreshToken });
    if (refreshToken === "") read_problem(answer, 400, "invalid_request", "refreshToken");
    else read_problem(answer, 401, "invalid_refresh_token");
  });

  it("refuse to log an access token out", async () => {
    const { token } = await sign_in(stack);
    read_problem(
      await post_json(`${stack.url}/logout`, { refreshToken: token }),
      400,
      "invalid_request",
      "refreshToken",
    );
  });
});

describe("a photo", () => {
  it.each(Object.entries(FIXTURE_PHOTOS))(
    "%s is stored as %s and comes back byte for byte",
    async (file, type) => {
      const session = await sign_in(stack);
      const bytes = await fixture_photo(file);

      const before = Date.now();
      const photo = await session.upload(bytes, file);
      expect(photo).toEqual({
        filename: expect.stringMatching(/^\d{8}T\d{9}Z_/),
        name: file,
        size: bytes.byteLength,
        contentType: type,
        uploadedAt: expect.any(String),
      });
      expect(photo.filename.replace(/^[^_]+_/, "")).toBe(file);
      expect(photo.filename.replace(/_.*/, "")).toBe(photo.uploadedAt.replace(/[-:.]/g, ""));
      // The functions never run behind this process's clock; bursts may run a little ahead of it.
      expect(Date.parse(photo.uploadedAt)).toBeGreaterThanOrEqual(before);

      const download = await session.download(photo.filename);
      expect(download.status).toBe(200);
      expect(download.bytes.equals(bytes)).toBe(true);
      expect(Object.fromEntries(download.headers)).toMatchObject({
        "content-type": type,
        "content-length": String(bytes.byteLength),
        "x-content-type-options": "nosniff",
        "cache-control": "private, no-store",
        etag: expect.stringMatching(/^"[0-9a-f]{32}"$/),
      });
    },
  );

  it("is told by its bytes, whatever name and type the client declares", async () => {
    const session = await sign_in(stack);
    const form = new FormData();
    form.append("file", new File([tiny_png()], "notes.txt", { type: "text/plain" }));
    expect(JSON.parse((await session.post("/upload_single_photo", form)).bytes.toString())).toMatchObject({
      name: "notes.txt",
      contentType: "image/png",
    });
  });

  it("is shown in place where the client asks for that", async () => {
    const session = await sign_in(stack);
    const { filename } = await session.upload(jpeg_of(100, 1), "here.jpg");
    const answer = await session.json("/download", { filename, disposition: "inline" });
    expect(read_disposition(answer.headers.get("content-disposition"))).toEqual({
      type: "inline",
      name: "here.jpg",
    });
  });

  it("keeps the name that the client gave, byte for byte, in its metadata", async () => {
    const session = await sign_in(stack);
    const name = "C:\\Fotos\\Ärger & \u{1f600}.jpg";
    const { filename } = await session.upload(jpeg_of(100, 2), name);
    expect(await storage.metadata(`${session.sub}/${filename}`)).toMatchObject({
      "original-name": encodeURIComponent(name),
    });
  });

  it("is listed, and is gone once it is deleted", async () => {
    const session = await new_session(stack, "deleting");
    const { filename, name, size, uploadedAt } = await session.upload(jpeg_of(100, 3), "short-lived.png");
    expect(await session.list()).toEqual({ photos: [{ filename, name, size, uploadedAt }] });

    expect(read(await session.delete(filename), 200, delete_response)).toEqual({ deleted: filename });
    expect(await session.list()).toEqual({ photos: [] });
    read_problem(await session.delete(filename), 404, "photo_not_found");
    read_problem(await session.download(filename), 404, "photo_not_found");
    expect(await storage.keys(session.sub)).toEqual([]);
  });

  it("that two delete at once is deleted for one of them", async () => {
    const session = await new_session(stack, "racing");
    const { filename } = await session.upload(jpeg_of(100, 4));
    const answers = await Promise.all(Array.from({ length: 6 }, () => session.delete(filename)));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 404, 404, 404, 404, 404]);
  });
});

describe("POST /list", () => {
  it("takes no body, an empty one, and an empty object", async () => {
    const session = await sign_in(stack);
    const all = await session.list();
    expect(await session.list({})).toEqual(all);
    const empty = await session.post("/list", "", { "content-type": "application/json" });
    expect(read(empty, 200, list_response)).toEqual(all);
  });

  it("needs the token in its header and nowhere else", async () => {
    const session = await sign_in(stack);
    const in_authorization = { JWT: "", authorization: `Bearer ${session.token}` };
    expect_gateway_answer(await session.post("/list", "", in_authorization), 401, "Unauthorized");
    const bearer = await session.post("/list", "", { JWT: `Bearer ${session.token}` });
    expect(bearer.status).toBe(200);
  });
});

it("no request has ended a sandbox", () => {
  expect(crashes(stack)).toEqual([]);
});
