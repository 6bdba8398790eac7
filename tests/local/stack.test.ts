import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import * as z from "zod";
import type { AwsCall } from "../../local/aws/call.ts";
import { read_config } from "../../local/config.ts";
import { read_functions_table } from "../../local/functions_table.ts";
import { caller_of, type Stack, type StackSettings, start_stack } from "../../local/stack.ts";

const root = mkdtempSync(path.join(tmpdir(), "photo-uploader-stack-"));
const stacks: Stack[] = [];
afterAll(async () => {
  await Promise.all(stacks.map((stack) => stack.close()));
  rmSync(root, { recursive: true });
});

/** Stands in for dist/: every function of the table answers with its environment. */
const dist_dir = path.join(root, "dist");
mkdirSync(path.join(dist_dir, "layer", "nodejs"), { recursive: true });
for (const [name, { queue }] of Object.entries(read_functions_table())) {
  mkdirSync(path.join(dist_dir, "functions", name), { recursive: true });
  const answer = name === "authorizer" ? "{ ...process.env, isAuthorized: true }" : "process.env";
  // S3's test event comes to a queue at any time.
  const note = queue === undefined ? 'console.log("called");' : "";
  const source = `exports.handler = async (event) => { ${note} return ${answer}; };`;
  writeFileSync(path.join(dist_dir, "functions", name, "index.cjs"), source);
}

let started = 0;
const new_data_dir = () => path.join(root, `data-${++started}`);

async function start(settings: Partial<StackSettings> = {}, environment: Record<string, string> = {}) {
  const lines: string[] = [];
  const stack = await start_stack({
    config: read_config({
      PORT: "0",
      S3_PORT: "0",
      COGNITO_PORT: "0",
      DATA_DIR: new_data_dir(),
      ...environment,
    }),
    on_log: (line, source) => lines.push(`${source}: ${line}`),
    dist_dir,
    ...settings,
  });
  stacks.push(stack);
  return { stack, lines };
}

async function environment_of(stack: Stack, name: string) {
  const payload = await stack.functions[name]?.invoke({});
  return z.object({ payload: z.record(z.string(), z.unknown()) }).parse(payload).payload;
}

describe("the functions", () => {
  it("have the variables that the table declares for them, and no other's", async () => {
    const { stack } = await start();
    const own = async (name: string) => {
      const { AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER, ...rest } =
        await environment_of(stack, name);
      expect(AWS_ENDPOINT_URL_S3).toBe(stack.s3.url);
      expect(AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER).toBe(stack.cognito.url);
      const by_lambda = /^(isAuthorized$|AWS_|LAMBDA_|_HANDLER$|NODE_PATH$|HOME$|TZ$)/;
      return Object.fromEntries(Object.entries(rest).filter(([variable]) => !by_lambda.test(variable)));
    };
    const pool = { USER_POOL_ID: stack.cognito.pool_id, USER_POOL_CLIENT_ID: stack.cognito.client_id };
    expect(await own("authorizer")).toEqual({ ...pool, JWKS_URI: stack.cognito.jwks_uri });
    expect(await own("login")).toEqual({ USER_POOL_CLIENT_ID: stack.cognito.client_id });
    expect(await own("delete")).toEqual({ PHOTOS_BUCKET: "yourplace" });
    expect(await own("list")).toEqual({
      PHOTOS_BUCKET: "yourplace",
      CURSOR_KEY: expect.stringMatching(/^[\w-]{43}$/),
    });
    expect(await environment_of(stack, "unzip")).toMatchObject({
      AWS_REGION: "eu-central-1",
      AWS_ACCESS_KEY_ID: "local-unzip",
      AWS_SECRET_ACCESS_KEY: "local-secret",
      AWS_LAMBDA_FUNCTION_NAME: "unzip",
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "1024",
    });
  });

  it("find S3 and Cognito where a test says", async () => {
    const { stack } = await start({
      s3_endpoint: "http://127.0.0.1:1",
      cognito_endpoint: "http://127.0.0.1:2",
    });
    expect(await environment_of(stack, "login")).toMatchObject({
      AWS_ENDPOINT_URL_S3: "http://127.0.0.1:1",
      AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER: "http://127.0.0.1:2",
    });
  });

  it("keep the cursor key over a restart", async () => {
    const DATA_DIR = new_data_dir();
    const first = await start({}, { DATA_DIR });
    const { CURSOR_KEY } = await environment_of(first.stack, "list");
    await first.stack.close();
    const second = await start({}, { DATA_DIR });
    expect(await environment_of(second.stack, "list")).toMatchObject({ CURSOR_KEY });
  });

  it("are reached by the routes of the table, login without a token", async () => {
    const { stack, lines } = await start();
    const status = async (url: string, headers = {}) => {
      const response = await fetch(stack.url + url, { method: "POST", headers });
      await response.arrayBuffer();
      return response.status;
    };
    expect(await status("/login")).toBe(200);
    expect(await status("/list")).toBe(401);
    expect(await status("/list", { JWT: "token" })).toBe(200);
    expect(await status("/authorizer")).toBe(404);
    expect(lines.filter((line) => line.endsWith(": called")).toSorted()).toEqual([
      "authorizer: called",
      "list: called",
      "login: called",
    ]);
    expect(lines.filter((line) => line.startsWith("gateway: "))).toHaveLength(4);
  });

  it("cannot be given a variable that the stack does not know", async () => {
    const { authorizer, ...functions } = read_functions_table();
    const table_file = path.join(root, "table.json");
    const table = { functions: { ...functions, authorizer: { ...authorizer, environment: ["COLOUR"] } } };
    writeFileSync(table_file, JSON.stringify(table));
    await expect(start({ table_file })).rejects.toThrow(
      /gives authorizer the variable COLOUR, which .* does not supply/,
    );
  });

  it("that are not built are named", async () => {
    const empty = path.join(root, "empty");
    mkdirSync(empty, { recursive: true });
    await expect(start({ dist_dir: empty })).rejects.toThrow(
      /functions\/authorizer is missing. Run npm run build/,
    );
  });
});

describe("the caller of a call", () => {
  const of_anyone: AwsCall = {
    service: "s3",
    operation: "GetObject",
    access_key_id: "local",
    app_id: undefined,
    bucket: "yourplace",
    key: "a",
    conditions: {},
    presigned: false,
    status: 200,
  };
  const functions = ["list", "login"];

  it("is the function that signed it, whatever the sender calls itself", () => {
    const signed = { ...of_anyone, access_key_id: "local-list" };
    expect(caller_of(signed, functions)).toBe("list");
    expect(caller_of({ ...signed, app_id: "login" }, functions)).toBe("list");
    expect(caller_of({ ...of_anyone, app_id: "login" }, functions)).toBeUndefined();
    expect(caller_of({ ...of_anyone, access_key_id: "local-lis" }, functions)).toBeUndefined();
  });

  it("is who the sender says it is where nothing is signed", () => {
    const unsigned = { ...of_anyone, access_key_id: undefined };
    expect(caller_of({ ...unsigned, app_id: "login" }, functions)).toBe("login");
    expect(caller_of({ ...unsigned, app_id: "log" }, functions)).toBeUndefined();
    expect(caller_of(unsigned, functions)).toBeUndefined();
  });
});

describe("a port", () => {
  it.each([
    ["PORT", "the gateway"],
    ["S3_PORT", "S3"],
    ["COGNITO_PORT", "Cognito"],
  ])("that is taken is named with its variable, %s, and nothing is left running", async (variable, what) => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
    const { port } = z.object({ port: z.number() }).parse(taken.address());
    const DATA_DIR = new_data_dir();
    await expect(start({}, { DATA_DIR, [variable]: String(port) })).rejects.toThrow(
      `Port ${port} for ${what} is taken. Set ${variable} to another one.`,
    );
    await new Promise((resolve) => taken.close(resolve));
    const { stack } = await start({}, { DATA_DIR, [variable]: String(port) });
    expect((await fetch(stack.url)).status).toBe(404);
  });
});

describe("the data folder", () => {
  it("is used by one stack at a time", async () => {
    const DATA_DIR = new_data_dir();
    const { stack } = await start({}, { DATA_DIR });
    await expect(start({}, { DATA_DIR })).rejects.toThrow("in use by another stack");
    await stack.close();
    await start({}, { DATA_DIR });
  });

  it("is emptied by a reset", async () => {
    const DATA_DIR = new_data_dir();
    const { stack } = await start({}, { DATA_DIR });
    writeFileSync(path.join(DATA_DIR, "old"), "");
    await stack.close();
    await start({ reset: true }, { DATA_DIR });
    expect(existsSync(path.join(DATA_DIR, "old"))).toBe(false);
  });
});

describe("close", () => {
  it("stops every part, and may be called twice", async () => {
    const { stack } = await start();
    await stack.close();
    await stack.close();
    for (const url of [stack.url, stack.s3.url, stack.cognito.url])
      await expect(fetch(url)).rejects.toThrow();
  });
});
