/** The smoke test against the laptop stack, which works, and against APIs that do not. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { open_api, SmokeError } from "../../scripts/smoke/api.ts";
import { check_api } from "../../scripts/smoke/checks.ts";
import {
  type FaultProxy,
  type ProxiedRequest,
  type Script,
  start_fault_proxy,
} from "../integration/fault_proxy.ts";
import { DEMO_USER, new_session, type Session } from "../integration/session.ts";
import { start_test_stack, type TestStack } from "../integration/stack.ts";
import { jpeg_of } from "../support/fixture_photos.ts";
import { type ScriptedServer, scripted_server } from "../support/scripted_server.ts";

const SCRIPT = join(import.meta.dirname, "..", "..", "scripts", "smoke.ts");

let stack: TestStack;
let proxy: FaultProxy;
let user: Session;
beforeAll(async () => {
  stack = await start_test_stack();
  proxy = await start_fault_proxy();
  proxy.target = stack.url;
  user = await new_session(stack, "smoke");
});
afterAll(async () => {
  await proxy.stop();
  await stack.close();
});
beforeEach(() => proxy.reset());

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** One attempt only, unless told otherwise. */
function smoke(url: string | undefined, variables: Readonly<Record<string, string>> = {}): Promise<Outcome> {
  const env = { PATH: process.env.PATH, SMOKE_ATTEMPTS: "1", SMOKE_PAUSE_S: "0", ...variables };
  return new Promise((resolve) => {
    const args = url === undefined ? [SCRIPT] : [SCRIPT, url];
    const child = execFile(process.execPath, args, { env }, (_error, stdout, stderr) =>
      resolve({ code: child.exitCode, stdout, stderr }),
    );
  });
}

const photo = { name: "x.jpg", bytes: jpeg_of(5_000), type: "image/jpeg" };

/** The same checks in this process: what they find wrong, or nothing. */
async function found_wrong(url: string): Promise<string> {
  try {
    const api = open_api({ url: new URL(url), token_header: "JWT" });
    await check_api(api, user, photo, () => undefined);
    return "";
  } catch (error) {
    if (!(error instanceof SmokeError)) throw error;
    return error.message;
  }
}

const with_user = (): Record<string, string> => ({
  SMOKE_USERNAME: user.username,
  SMOKE_PASSWORD: user.password,
});

describe("an API that works", () => {
  it("passes without a user, as far as that goes", async () => {
    const { code, stdout, stderr } = await smoke(stack.url);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout.match(/^ok {6}/gm)).toHaveLength(5);
    expect(stdout).toMatch(/\nThe deployed API works, as far as it can be seen without a user\.\n$/);
  });

  it("passes with a user, by every endpoint, and keeps nothing of it", async () => {
    const { code, stdout, stderr } = await smoke(proxy.url, with_user());
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/\nThe deployed API works, with the test user\.\n$/);
    const asked = new Set(proxy.requests.map(({ url }) => url));
    for (const path of ["/login", "/upload_single_photo", "/unzip", "/list", "/download", "/delete"]) {
      expect(asked).toContain(path);
    }
    expect((await user.list()).photos).toEqual([]);
    expect(stdout).not.toContain(user.password);
    expect(stdout).not.toContain("eyJ");
  });

  it("leaves the user's other photos alone", async () => {
    const owner = await new_session(stack, "owner");
    const kept = await owner.upload(Buffer.from("GIF89a\x01\0\x01\0\0\0\0;", "latin1"), "kept.gif");
    const { code } = await smoke(stack.url, {
      SMOKE_USERNAME: owner.username,
      SMOKE_PASSWORD: owner.password,
    });
    expect(code).toBe(0);
    expect((await owner.list()).photos.map(({ filename }) => filename)).toEqual([kept.filename]);
  });

  it("may have a stage in its path, and another token header", async () => {
    const problem = (status: number, code: string) => ({
      status,
      headers: { "content-type": "application/problem+json" },
      body: JSON.stringify({ code }),
    });
    const server = await scripted_server(({ url, headers, body }) => {
      if (url === "/test/login") {
        return body.includes("password")
          ? problem(401, "invalid_credentials")
          : problem(400, "invalid_request");
      }
      if (url !== "/test/list") return { status: 404 };
      return { status: headers.authorization === undefined ? 401 : 403 };
    });
    const outcomes = await Promise.all([
      smoke(`${server.url}/test`, { TOKEN_HEADER: "Authorization" }),
      smoke(`${server.url}/test/`, { TOKEN_HEADER: "Authorization" }),
      smoke(`${server.url}/test`),
      smoke(server.url, { TOKEN_HEADER: "Authorization" }),
    ]);
    await server.close();
    expect(outcomes.map(({ code }) => code)).toEqual([0, 0, 1, 1]);
  });

  it("may take a while until it works", async () => {
    let asked = 0;
    proxy.script = ({ url }) => (url === "/list" && ++asked <= 2 ? { status: 503 } : undefined);
    const { code, stdout } = await smoke(proxy.url, { SMOKE_ATTEMPTS: "3" });
    expect(code).toBe(0);
    expect(stdout.match(/FAILED .*attempt \d of 3/g)).toHaveLength(2);
  });
});

const JSON_TYPE = { "content-type": "application/json" };
const PROBLEM_TYPE = { "content-type": "application/problem+json" };

/** The n-th request to a path, counted from 1, is answered like this. */
const nth =
  (path: string, n: number, answer: NonNullable<Awaited<ReturnType<Script>>>): (() => Script) =>
  () => {
    let seen = 0;
    return ({ url }: ProxiedRequest) => (url === path && ++seen === n ? answer : undefined);
  };

const json = (status: number, body: unknown) => ({ status, headers: JSON_TYPE, body: JSON.stringify(body) });

const stored = {
  filename: "20261123T101530123Z_x.jpg",
  name: "x.jpg",
  uploadedAt: "2026-11-23T10:15:30.123Z",
};

describe("an API that does not work", () => {
  it.each<[what: string, script: () => Script, told: RegExp]>([
    ["lets everybody in", nth("/list", 1, json(200, { photos: [] })), /POST \/list: expected 401, got 200/],
    [
      "has no authorizer that starts",
      nth("/list", 2, json(500, { message: "Internal Server Error" })),
      /expected 403, got 500 Internal Server Error/,
    ],
    ["lets any token pass", nth("/list", 2, json(200, { photos: [] })), /expected 403, got 200/],
    ["answers every path", nth("/there-is-no-such-route", 1, json(200, {})), /expected 404, got 200/],
    [
      "has a sign-in that crashes",
      nth("/login", 1, json(500, { message: "Internal Server Error" })),
      /POST \/login: expected 400, got 500/,
    ],
    [
      "cannot reach Cognito",
      nth("/login", 2, { status: 502, headers: PROBLEM_TYPE, body: '{"code":"identity_refused"}' }),
      /expected 401, got 502 identity_refused/,
    ],
    [
      "refuses without saying why",
      nth("/login", 2, json(401, { message: "Unauthorized" })),
      /expected the problem invalid_credentials, got 401 Unauthorized/,
    ],
    ["breaks connections", nth("/login", 2, "lose_answer"), /POST \/login: no answer, /],
    [
      "refuses the user",
      nth("/login", 3, { status: 401, headers: PROBLEM_TYPE, body: '{"code":"invalid_credentials"}' }),
      /POST \/login: expected 200, got 401 invalid_credentials/,
    ],
    [
      "gives no token",
      nth("/login", 3, json(200, { credentials: "x", expiresIn: 3600, refreshToken: "x" })),
      /POST \/login: the body is not as in schemas\/: jwt/,
    ],
    [
      "may not write to S3",
      nth("/upload_single_photo", 1, {
        status: 502,
        headers: PROBLEM_TYPE,
        body: '{"code":"storage_refused"}',
      }),
      /POST \/upload_single_photo: expected 201, got 502 storage_refused/,
    ],
    [
      "stores something else",
      nth("/upload_single_photo", 1, json(201, { ...stored, size: 1, contentType: "image/jpeg" })),
      /POST \/upload_single_photo: stored as image\/jpeg of 1 bytes/,
    ],
    [
      "fails on archives",
      nth(
        "/unzip",
        1,
        json(200, {
          uploaded: [],
          skipped: [],
          failed: [{ name: "x.jpg", reason: "write_failed" }],
        }),
      ),
      /POST \/unzip: .* 0 uploaded, 0 skipped, 1 failed/,
    ],
    [
      "forgets what it stored",
      nth("/list", 3, json(200, { photos: [] })),
      /POST \/list: 2 of the photos stored are missing/,
    ],
    [
      "gives back other bytes",
      nth("/download", 2, { status: 200, headers: { "content-type": "image/jpeg" }, body: "other bytes" }),
      /POST \/download: the photo came back changed \(image\/jpeg, 11 bytes\)/,
    ],
    ["gives back half a photo", nth("/download", 1, "cut_answer"), /POST \/download: no answer, /],
    [
      "cannot delete",
      nth("/delete", 1, { status: 502, headers: PROBLEM_TYPE, body: '{"code":"storage_refused"}' }),
      /POST \/delete: expected 200, got 502 storage_refused/,
    ],
    [
      "deletes something else",
      nth("/delete", 1, json(200, { deleted: "another.jpg" })),
      /POST \/delete: another photo was deleted/,
    ],
    [
      "only says that it deleted",
      nth("/download", 3, { status: 200, headers: { "content-type": "image/jpeg" }, body: "x" }),
      /POST \/download: expected 404, got 200/,
    ],
  ])("is found out when it %s", async (_what, script, told) => {
    proxy.script = script();
    const wrong = await found_wrong(proxy.url);
    expect(wrong).toMatch(told);
    expect(wrong).not.toContain(user.password);
    expect(wrong).not.toContain("eyJ");
    // What was stored until then is removed.
    expect((await user.list()).photos).toEqual([]);
  });

  it("fails the build", async () => {
    proxy.script = nth("/download", 2, { status: 404 })();
    const { code, stdout, stderr } = await smoke(proxy.url, with_user());
    expect(stdout).toMatch(/\nFAILED {2}POST \/download: expected 200, got 404 .* \(attempt 1 of 1\)\n$/);
    expect({ code, stderr }).toEqual({ code: 1, stderr: "The deployed API does not work.\n" });
  });

  it("is found out where nothing answers", async () => {
    const gone: ScriptedServer = await scripted_server(() => "reset");
    await gone.close();
    const { code, stdout } = await smoke(gone.url, { SMOKE_ATTEMPTS: "2" });
    expect(code).toBe(1);
    expect(stdout).toBe(
      "FAILED  POST /list: no answer, ECONNREFUSED (attempt 1 of 2)\nFAILED  POST /list: no answer, ECONNREFUSED (attempt 2 of 2)\n",
    );
  });

  it("cannot have the password or the token told on, though it sends them back", async () => {
    const { password, token } = user;
    const echo = { code: password, message: token, detail: `${password} ${token}` };
    proxy.script = nth("/unzip", 1, json(500, echo))();
    const { code, stdout, stderr } = await smoke(proxy.url, with_user());
    expect(code).toBe(1);
    for (const secret of [password, token]) expect(`${stdout}${stderr}`).not.toContain(secret);
  });
});

describe("what it is told wrongly", () => {
  it.each<[what: string, url: string | undefined, variables: Record<string, string>, told: RegExp]>([
    ["no URL", undefined, {}, /^Usage: node scripts\/smoke\.ts URL/],
    ["what is no URL", "api.example.com", {}, /^Usage/],
    ["http to another machine", "http://api.example.com/test", {}, /^Usage/],
    [
      "a user without a password",
      "https://api.example.com",
      { SMOKE_USERNAME: DEMO_USER.username },
      /^SMOKE_USERNAME: is set without/,
    ],
    [
      "a password without a user",
      "https://api.example.com",
      { SMOKE_PASSWORD: "canary" },
      /^SMOKE_USERNAME: is set without/,
    ],
    ["no attempt", "https://api.example.com", { SMOKE_ATTEMPTS: "0" }, /^SMOKE_ATTEMPTS/],
    ["a header that is none", "https://api.example.com", { TOKEN_HEADER: "a b" }, /^TOKEN_HEADER/],
  ])("%s", async (_what, url, variables, told) => {
    const { code, stdout, stderr } = await smoke(url, variables);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(told);
    expect(stderr).not.toContain("canary");
  });

  it("takes empty variables for none, as CodeBuild sets them", async () => {
    const { code } = await smoke(stack.url, { SMOKE_USERNAME: "", SMOKE_PASSWORD: "" });
    expect(code).toBe(0);
  });
});
