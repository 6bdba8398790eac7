/** A Cognito server of its own for each test: temporary data, a clock that can be moved, a mailbox. */
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  AdminCreateUserCommand,
  AdminSetUserPasswordCommand,
  CognitoIdentityProviderClient,
  InitiateAuthCommand,
  type InitiateAuthCommandOutput,
} from "@aws-sdk/client-cognito-identity-provider";
import { afterAll, onTestFinished } from "vitest";
import { type CognitoOptions, type RunningCognito, start_cognito } from "../../../local/cognito/server.ts";
import type { Message } from "../../../local/cognito/user_pool.ts";

export const PASSWORD = "Right-Passw0rd!";
export const OTHER_PASSWORD = "Other-Passw0rd!";
export const EMAIL = "ann@example.com";

export const credentials = { accessKeyId: "local", secretAccessKey: "local-secret" };
export const region = "eu-central-1";

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const DAY = 24 * 60 * MINUTE;

export interface TestPool {
  cognito: RunningCognito;
  client: CognitoIdentityProviderClient;
  messages: Message[];
  /** Moves the pool's clock, which otherwise stands still. */
  advance(milliseconds: number): void;
  now(): Date;
  /** Stops the server and starts it on the same data. */
  restart(): Promise<void>;
  add_user(options?: { email?: string; password?: string; temporary?: boolean }): Promise<string>;
  sign_in(username?: string, password?: string): Promise<InitiateAuthCommandOutput>;
  refresh(refresh_token: string): Promise<InitiateAuthCommandOutput>;
}

export async function temporary_directory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "cognito-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  return directory;
}

export function client_of(cognito: RunningCognito, keys = credentials): CognitoIdentityProviderClient {
  return new CognitoIdentityProviderClient({
    endpoint: cognito.url,
    region,
    credentials: keys,
    maxAttempts: 1,
  });
}

/**
 * Founding a pool makes an RSA key, which takes longer than most tests: one is founded for each test file,
 * and every test starts from a copy of it.
 */
const founded = await mkdtemp(join(tmpdir(), "cognito-founded-"));
const founder = await start_cognito({ port: 0, data_dir: founded, region, credentials: [credentials] });
await founder.close();
afterAll(() => rm(founded, { recursive: true }));

export async function open_test_pool(more: Partial<CognitoOptions> = {}): Promise<TestPool> {
  const data_dir = await temporary_directory();
  await cp(founded, data_dir, { recursive: true });
  const messages: Message[] = [];
  let now = Date.now();
  const start = () =>
    start_cognito({
      port: 0,
      data_dir,
      region,
      credentials: [credentials],
      deliver: (message) => messages.push(message),
      clock: () => new Date(now),
      ...more,
    });
  const cognito = await start();
  const pool: TestPool = {
    cognito,
    client: client_of(cognito),
    messages,
    advance(milliseconds) {
      now += milliseconds;
    },
    now: () => new Date(now),
    async restart() {
      await pool.cognito.close();
      pool.cognito = await start();
      pool.client = client_of(pool.cognito);
    },
    async add_user({ email = EMAIL, password = PASSWORD, temporary = false } = {}) {
      const user = { UserPoolId: pool.cognito.pool_id, Username: email };
      const created = await pool.client.send(
        new AdminCreateUserCommand({ ...user, TemporaryPassword: password, MessageAction: "SUPPRESS" }),
      );
      if (!temporary) {
        const change = { ...user, Password: password, Permanent: true };
        await pool.client.send(new AdminSetUserPasswordCommand(change));
      }
      return created.User?.Username ?? "";
    },
    sign_in: (username = EMAIL, password = PASSWORD) =>
      pool.client.send(
        new InitiateAuthCommand({
          AuthFlow: "USER_PASSWORD_AUTH",
          ClientId: pool.cognito.client_id,
          AuthParameters: { USERNAME: username, PASSWORD: password },
        }),
      ),
    refresh: (refresh_token) =>
      pool.client.send(
        new InitiateAuthCommand({
          AuthFlow: "REFRESH_TOKEN_AUTH",
          ClientId: pool.cognito.client_id,
          AuthParameters: { REFRESH_TOKEN: refresh_token },
        }),
      ),
  };
  onTestFinished(() => pool.cognito.close());
  return pool;
}

/** The tokens of an answer that must have all three. */
export function tokens_of({ AuthenticationResult }: InitiateAuthCommandOutput): {
  access: string;
  id: string;
  refresh: string;
} {
  const { AccessToken, IdToken, RefreshToken } = AuthenticationResult ?? {};
  if (!AccessToken || !IdToken || !RefreshToken) throw new Error("A token is missing.");
  return { access: AccessToken, id: IdToken, refresh: RefreshToken };
}

/** What `rejects.toMatchObject` compares an SDK error with. */
export function error(name: string, message: string): { name: string; message: string } {
  return { name, message };
}

export const WRONG_CREDENTIALS = error("NotAuthorizedException", "Incorrect username or password.");
