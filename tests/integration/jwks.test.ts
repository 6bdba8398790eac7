/**
 * The public keys of the user pool go away while the authorizer works. The stack is put together from its parts
 * here, since `start_stack` has the authorizer fetch the keys from Cognito itself, with nothing in between.
 */
import { generateKeyPairSync } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CognitoIdentityProviderClient,
  InitiateAuthCommand,
} from "@aws-sdk/client-cognito-identity-provider";
import { decodeJwt, SignJWT } from "jose";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type RunningCognito, start_cognito } from "../../local/cognito/server.ts";
import { type Gateway, start_gateway } from "../../local/gateway/server.ts";
import { create_function, type LambdaFunction } from "../../local/lambda/function.ts";
import { build } from "../../scripts/build.ts";
import { expect_gateway_answer, post } from "./client.ts";
import { always, type Fault, type FaultProxy, start_fault_proxy } from "./fault_proxy.ts";
import { CREDENTIALS, DEMO_USER, REGION } from "./session.ts";

let root: string;
let cognito: RunningCognito;
let keys: FaultProxy;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "photo-uploader-jwks-"));
  await build({ dist: join(root, "dist") });
  cognito = await start_cognito({
    port: 0,
    data_dir: root,
    region: REGION,
    credentials: [CREDENTIALS],
    demo_user: DEMO_USER,
  });
  keys = await start_fault_proxy();
  keys.target = cognito.url;
});
afterAll(async () => {
  await keys.stop();
  await cognito.close();
  await rm(root, { recursive: true });
});
beforeEach(() => keys.reset());

async function new_token(): Promise<string> {
  const client = new CognitoIdentityProviderClient({
    endpoint: cognito.url,
    region: REGION,
    credentials: CREDENTIALS,
  });
  const { AuthenticationResult } = await client.send(
    new InitiateAuthCommand({
      ClientId: cognito.client_id,
      AuthFlow: "USER_PASSWORD_AUTH",
      AuthParameters: { USERNAME: DEMO_USER.username, PASSWORD: DEMO_USER.password },
    }),
  );
  client.destroy();
  return AuthenticationResult?.AccessToken ?? "";
}

/** A gateway with a cold authorizer, as after a deployment. */
async function with_authorizer(
  ttl_s: number,
  work: (ask: (token: string) => ReturnType<typeof post>) => Promise<void>,
): Promise<void> {
  const authorizer: LambdaFunction = create_function({
    name: "authorizer",
    bundle_dir: join(root, "dist", "functions", "authorizer"),
    layer_dir: join(root, "dist", "layer"),
    memory_mb: 256,
    timeout_s: 10,
    environment: {
      USER_POOL_ID: cognito.pool_id,
      USER_POOL_CLIENT_ID: cognito.client_id,
      JWKS_URI: cognito.jwks_uri.replace(cognito.url, keys.url),
    },
    region: REGION,
    credentials: CREDENTIALS,
    max_concurrency: 1,
  });
  const gateway: Gateway = await start_gateway({
    port: 0,
    region: REGION,
    routes: new Map([
      [
        "POST /list",
        { invoke: async () => ({ payload: { statusCode: 200, body: "reached" } }), authorized: true },
      ],
    ]),
    authorizer: authorizer.invoke,
    token_header: "JWT",
    authorizer_ttl_s: ttl_s,
    log: () => {},
  });
  try {
    await work((token) => post(`${gateway.url}/list`, "", { JWT: token }));
  } finally {
    await gateway.close();
    await authorizer.stop();
  }
}

const outages: readonly (readonly [string, Fault])[] = [
  ["answered with a 500", { status: 500 }],
  ["answered with a 404", { status: 404 }],
  ["answered with a page", { status: 200, headers: { "content-type": "text/html" }, body: "<html>" }],
  ["answered with no keys", { status: 200, headers: { "content-type": "application/json" }, body: "{}" }],
  ["cut off", "cut_answer"],
];

describe("while the keys are", () => {
  it.each(outages)("%s, a cold authorizer is a 500 that is not kept", async (_about, fault) => {
    const token = await new_token();
    await with_authorizer(60, async (ask) => {
      keys.script = always(() => true, fault);
      expect_gateway_answer(await ask(token), 500, "Internal Server Error");
      expect_gateway_answer(await ask(token), 500, "Internal Server Error");
      keys.reset();
      expect((await ask(token)).status).toBe(200);
    });
  });
});

describe("once the keys are known, and the outage has begun,", () => {
  it("every token that they have signed keeps working, also one that is new", async () => {
    const [token, later] = [await new_token(), await new_token()];
    await with_authorizer(0, async (ask) => {
      expect((await ask(token)).status).toBe(200);
      await keys.stop();
      try {
        for (const known of [token, later, token]) expect((await ask(known)).status).toBe(200);
        expect(keys.requests).toHaveLength(1);
      } finally {
        await keys.start();
      }
    });
  });

  it("a token with a key that nobody has shown is a 500 and no denial, and is judged after it", async () => {
    const token = await new_token();
    const foreign = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
    const unknown = await new SignJWT(decodeJwt(token))
      .setProtectedHeader({ alg: "RS256", kid: "new-key" })
      .sign(foreign);
    await with_authorizer(60, async (ask) => {
      expect((await ask(token)).status).toBe(200);
      await keys.stop();
      expect_gateway_answer(await ask(unknown), 500, "Internal Server Error");
      await keys.start();
      expect_gateway_answer(await ask(unknown), 403, "Forbidden");
    });
  });

  it("a token that is wrong in itself is still denied", async () => {
    const token = await new_token();
    await with_authorizer(0, async (ask) => {
      expect((await ask(token)).status).toBe(200);
      await keys.stop();
      try {
        expect_gateway_answer(await ask("garbage"), 403, "Forbidden");
        expect_gateway_answer(await ask(`${token.slice(0, -8)}AAAAAAAA`), 403, "Forbidden");
      } finally {
        await keys.start();
      }
    });
  });
});
