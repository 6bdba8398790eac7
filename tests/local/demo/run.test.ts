/** The demo against real stacks: it says that all is well where it is, and what is off where something is. */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import {
  AdminGetUserCommand,
  CognitoIdentityProviderClient,
} from "@aws-sdk/client-cognito-identity-provider";
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import * as z from "zod";
import { CREDENTIALS, DEMO_USER, REGION, read_config } from "../../../local/config.ts";
import { type Api, open_api, read_answer } from "../../../local/demo/api.ts";
import { sample } from "../../../local/demo/photos.ts";
import { type DemoSettings, run_demo } from "../../../local/demo/run.ts";
import { type Stack, start_stack } from "../../../local/stack.ts";
import { list_response } from "../../../schemas/list.ts";
import { login_response } from "../../../schemas/login.ts";
import { build } from "../../../scripts/build.ts";
import { scripted_server } from "../../support/scripted_server.ts";
import { type Spoil, tampering_proxy } from "./tampering_proxy.ts";
import { CONTROL_CHARACTER, make_output } from "./written.ts";

const SCRIPT = path.join(import.meta.dirname, "..", "..", "..", "local", "demo.ts");
const root = mkdtempSync(path.join(tmpdir(), "photo-uploader-demo-test-"));
/** `dist/` of the project is emptied by whoever builds at the same time. */
const dist_dir = path.join(root, "dist");

let stack: Stack;
let user: Api;

beforeAll(async () => {
  await build({ dist: dist_dir });
  stack = await start_stack({
    config: read_config({ ...FREE_PORTS, DATA_DIR: path.join(root, "data") }),
    on_log: () => {},
    dist_dir,
  });
  const api = open_api({ url: stack.url, token_header: "JWT" });
  user = api.with_token(read_answer(await api.post("/login", DEMO_USER), 200, login_response).jwt);
  await user.upload("/upload_single_photo", "file", sample("photo_10bit.avif", "of_the_user.avif"));
});
/** A demo whose answers are spoilt cannot know of all that it stored. */
afterEach(async () => {
  const { photos } = read_answer(await user.post("/list"), 200, list_response);
  for (const { filename, name } of photos) {
    if (name !== "of_the_user.avif") await user.post("/delete", { file: filename });
  }
});
afterAll(async () => {
  await stack.close();
  rmSync(root, { recursive: true });
});

const FREE_PORTS = { PORT: "0", S3_PORT: "0", COGNITO_PORT: "0" };

const ports = (port = new URL(stack.url).port) => ({
  PORT: String(port),
  COGNITO_PORT: String(stack.cognito.port),
});

/** Runs demo.ts as `npm run demo --` does. */
function run(args: string[], environment: Record<string, string>) {
  return new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) => {
    const options = { env: { PATH: process.env.PATH, ...environment } };
    const child = execFile(process.execPath, [SCRIPT, ...args], options, (_error, stdout, stderr) =>
      resolve({ code: child.exitCode, stdout, stderr }),
    );
  });
}

/** Runs the demo within this process. */
async function demo(environment: Record<string, string>, settings: Partial<DemoSettings> = {}) {
  const written = make_output();
  const failures = await run_demo({ config: read_config(environment), output: written.output, ...settings });
  return { failures, text: written.text(), lines: written.lines() };
}

async function behind_proxy(spoil: Spoil): Promise<Record<string, string>> {
  const proxy = await tampering_proxy(stack.url, spoil);
  onTestFinished(() => proxy.close());
  return ports(String(proxy.port));
}

async function stored_names(): Promise<string[]> {
  const { photos } = read_answer(await user.post("/list"), 200, list_response);
  return photos.map(({ name }) => name);
}

describe("npm run demo", () => {
  it("drives the running stack, and leaves it as it was", async () => {
    const { code, stdout, stderr } = await run([], ports());
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain(`Driving the stack at ${stack.url}.\n`);
    expect(stdout).toMatch(/Everything is as it should be\.\n$/);
    expect(stdout).toContain("and 1 photo of other uploads, which the demo leaves alone");
    expect(stdout.match(/✓/g)?.length).toBeGreaterThan(60);
    expect(stdout).toMatch(/Whole holiday\.zip +100 % .* 38 of 38 entries\n/);
    expect(stdout).not.toContain("✗");
    expect(stdout).not.toMatch(CONTROL_CHARACTER);
    expect(stdout).not.toContain(DEMO_USER.password);
    // A token begins with `{"` in base64url.
    expect(stdout).not.toContain("eyJ");
    expect(await stored_names()).toEqual(["of_the_user.avif"]);
    await expect(find_user(/demo-[0-9a-f]{8}@example\.com/.exec(stdout)?.[0])).rejects.toThrow(
      "User does not exist",
    );
  });

  it("ends with code 1 when answers are not as they should be, and says what was expected and what came", async () => {
    const { code, stdout } = await run(["--keep"], await behind_proxy(spoil_one_of_each()));
    expect(code).toBe(1);
    const lines = stdout.split("\n");
    const crosses = lines.flatMap((line, at) => (line.startsWith("  ✗ ") ? [lines.slice(at, at + 3)] : []));
    expect(crosses).toEqual([
      [
        "  ✗ IMG_0001.jpg is stored as image/jpeg, 59.9 kB",
        "      expected  { size: 59890 }",
        "      came      { size: 1 }",
      ],
      [
        "  ✗ an empty file and a way out of the folder fail, each by name",
        "      expected  [ { name: '../evil.jpg', reason: 'unsafe_path' } ]",
        "      came      []",
      ],
      [
        "  ✗ the job is done, and its counts agree",
        "      expected  { failed: 2 }",
        "      came      { failed: 0 }",
      ],
      [
        "  ✗ all 29 photos are listed once, with their names and sizes",
        expect.stringMatching(/^ {6}expected {2}\[ \{ filename: '\w+_burst\.jpg',/),
        "      came      []",
      ],
      [
        "  ✗ the newest come first",
        expect.stringMatching(/^ {6}expected {2}\[/),
        expect.stringMatching(/^ {18}'2\d{3}-.*Z',$/),
      ],
      [
        "  ✗ a walk by pages of 8 finds the same in the same order",
        "      expected  []",
        expect.stringMatching(/^ {6}came {6}\[ '\w+_burst\.jpg' \]$/),
      ],
      [
        expect.stringMatching(/^ {2}✗ 20260714_123000\.heic: 345\.3 kB, SHA-256 [0-9a-f]{12}… as sent$/),
        expect.stringMatching(/^ {6}expected {2}\{ sha256: '[0-9a-f]{64}' \}$/),
        expect.stringMatching(/^ {6}came {6}\{ sha256: '[0-9a-f]{64}' \}$/),
      ],
    ]);
    expect(stdout).toMatch(/7 things are off\.\n$/);
  });

  it("leaves its photos in the running stack with --keep", async () => {
    const { code, stdout } = await run(["--keep"], ports());
    expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.not.stringContaining("Cleaning up") });
    const names = await stored_names();
    expect(names).toHaveLength(29);
    expect(names).toEqual(
      expect.arrayContaining(["of_the_user.avif", "too_large.jpg", "東京の夜.avif", "burst.jpg"]),
    );
  });

  it.each([
    [["--keeep"], {}, /Unknown option '--keeep'[\s\S]*npm run demo -- --keep/],
    [[], { PORT: "eighty" }, /^PORT must be a port/],
  ])("ends with code 2 for %j %j", async (args, environment, message) => {
    const { code, stdout, stderr } = await run(args, environment);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(message);
  });

  it("ends with code 1 when something else answers at the port", async () => {
    const other = await scripted_server(() => ({ status: 200, body: "<!doctype html>" }));
    onTestFinished(() => other.close());
    const { code, stderr } = await run([], { PORT: new URL(other.url).port });
    expect(code).toBe(1);
    expect(stderr).toMatch(/Something answers at http:\/\/127\.0\.0\.1:\d+, but not as photo-uploader does/);
  });
});

describe("the demo", () => {
  it("starts a stack of its own where none runs, and leaves nothing of it", async () => {
    const tmp = path.join(root, "tmp");
    mkdirSync(tmp);
    vi.stubEnv("TMPDIR", tmp);
    onTestFinished(() => void vi.unstubAllEnvs());
    const { failures, text } = await demo(FREE_PORTS, { own_stack: { dist_dir } });
    expect(failures, text).toBe(0);
    expect(text).toContain("Starting a stack in a temporary folder.");
    expect(text).not.toContain("Cleaning up");
    expect(readdirSync(tmp)).toEqual([]);
    expect(await stored_names()).toEqual(["of_the_user.avif"]);
  });

  it("ends early where it cannot go on, and removes what it stored", async () => {
    const environment = await behind_proxy((requested, { status }) =>
      requested === "/unzip" && status === 200
        ? { status: 503, body: Buffer.from('{"code":"storage_unavailable"}') }
        : undefined,
    );
    const { failures, lines } = await demo(environment);
    expect(failures).toBe(1);
    expect(lines.slice(first_cross(lines.join("\n")))).toEqual([
      "  ✗ the demo could not go on",
      "      expected  a success",
      "      came      503 gateway_503: The gateway answered 503",
      "",
      "Cleaning up",
      "  ✓ 6 photos of the demo deleted (with --keep they stay)",
      "",
      "1 thing is off.",
    ]);
  });

  it.each([
    ["a photo's form is there", "/request_upload"],
    ["a photo is complete", "/complete_upload"],
    ["an archive is unpacked", "/unzip"],
    ["parts are signed", "/upload_parts"],
    ["an archive is being extracted", "/job"],
  ])("stops when it is told to, once %s, and removes what it stored", async (_name, last) => {
    const stop = new AbortController();
    const environment = await behind_proxy((requested) => {
      if (requested === last) stop.abort(new Error("told to stop"));
      return undefined;
    });
    const { failures, lines } = await demo(environment, { stop: stop.signal });
    expect(failures).toBe(0);
    expect(lines.slice(lines.indexOf("  Interrupted."))).toEqual([
      "  Interrupted.",
      "",
      "Cleaning up",
      expect.stringMatching(/^ {2}✓ \d+ photos of the demo deleted/),
    ]);
    expect(await stored_names()).toEqual(["of_the_user.avif"]);
  });
});

/** The first upload tells another size; outcomes of entries, the newest photo and the order get lost; one bit flips. */
function spoil_one_of_each(): Spoil {
  const left = new Set(["size", "entry", "count", "newest"]);
  let downloads = 0;
  const json = (body: Buffer) => z.record(z.string(), z.unknown()).parse(JSON.parse(body.toString()));
  const ended = ({ state, cursor }: Record<string, unknown>) => state === "done" && cursor === undefined;
  const spoilt = (body: Buffer, change: object) => Buffer.from(JSON.stringify({ ...json(body), ...change }));
  return (requested, { status, body }) => {
    if (status >= 300) return undefined;
    if (requested === "/upload_single_photo" && left.delete("size")) {
      return { status, body: spoilt(body, { size: 1 }) };
    }
    if (requested === "/unzip" && left.delete("entry")) {
      const failed = z.array(z.unknown()).parse(json(body).failed);
      return { status, body: spoilt(body, { failed: failed.slice(0, 1) }) };
    }
    if (requested === "/job" && ended(json(body)) && left.delete("count")) {
      return { status, body: spoilt(body, { failed: 0 }) };
    }
    if (requested === "/list" && left.delete("newest")) {
      const photos = z.array(z.unknown()).parse(json(body).photos);
      return { status, body: spoilt(body, { photos: photos.slice(1).toReversed() }) };
    }
    if (requested === "/download") downloads += 1;
    if (requested !== "/download" || downloads !== 3) return undefined;
    const changed = Buffer.from(body);
    changed.writeUInt8(changed.readUInt8(1_000) ^ 1, 1_000);
    return { status, body: changed };
  };
}

const first_cross = (text: string): number => text.split("\n").findIndex((line) => line.includes("✗"));

function find_user(username: string | undefined) {
  const cognito = new CognitoIdentityProviderClient({
    endpoint: stack.cognito.url,
    region: REGION,
    credentials: CREDENTIALS,
    maxAttempts: 1,
  });
  onTestFinished(() => cognito.destroy());
  return cognito.send(new AdminGetUserCommand({ UserPoolId: stack.cognito.pool_id, Username: username }));
}
