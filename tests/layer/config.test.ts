import { describe, expect, it } from "vitest";
import { read_environment } from "../../layer/config.ts";

const POOL = { USER_POOL_ID: "eu-central-1_Abcdefghi", USER_POOL_CLIENT_ID: "1example23456789" };
const CURSOR_KEY = "k".repeat(32);

/** What a function is told when its environment is wrong. */
function complaint(name: Parameters<typeof read_environment>[0], environment: NodeJS.ProcessEnv): string {
  try {
    read_environment(name, environment);
  } catch (error) {
    return String(error);
  }
  return "";
}

describe("read_environment", () => {
  it("gives the settings of a function and nothing else of the environment", () => {
    const environment = { ...POOL, PHOTOS_BUCKET: "yourplace", CURSOR_KEY, PATH: "/bin" };
    expect(read_environment("photos", environment)).toEqual({ PHOTOS_BUCKET: "yourplace" });
    expect(read_environment("list", environment)).toEqual({ PHOTOS_BUCKET: "yourplace", CURSOR_KEY });
    expect(read_environment("login", environment)).toEqual({ USER_POOL_CLIENT_ID: POOL.USER_POOL_CLIENT_ID });
    expect(read_environment("authorizer", environment)).toEqual(POOL);
    expect(read_environment("uploads", environment)).toEqual({ PHOTOS_BUCKET: "yourplace", CURSOR_KEY });
    expect(read_environment("request_upload", { ...environment, PHOTO_MAX_BYTES: "200000000" })).toEqual({
      PHOTOS_BUCKET: "yourplace",
      CURSOR_KEY,
      PHOTO_MAX_BYTES: 200_000_000,
    });
  });

  it.each([
    ["photos", ["PHOTOS_BUCKET"]],
    ["list", ["PHOTOS_BUCKET", "CURSOR_KEY"]],
    ["uploads", ["PHOTOS_BUCKET", "CURSOR_KEY"]],
    ["request_upload", ["PHOTOS_BUCKET", "CURSOR_KEY", "PHOTO_MAX_BYTES"]],
    ["login", ["USER_POOL_CLIENT_ID"]],
    ["authorizer", ["USER_POOL_ID", "USER_POOL_CLIENT_ID"]],
  ] as const)("names every variable of %s that is missing", (name, variables) => {
    const said = complaint(name, {});
    for (const variable of variables) expect(said).toContain(`${variable} must be`);
    expect(said.match(/must be/g)).toHaveLength(variables.length);
  });

  it.each([
    ["photos", "PHOTOS_BUCKET", "Not A Bucket"],
    ["photos", "PHOTOS_BUCKET", ""],
    ["photos", "PHOTOS_BUCKET", "yourplace\n"],
    ["list", "CURSOR_KEY", "too-short"],
    ["request_upload", "PHOTO_MAX_BYTES", "00"],
    ["request_upload", "PHOTO_MAX_BYTES", "200 MB"],
    ["request_upload", "PHOTO_MAX_BYTES", "2e8"],
    // One more than CopyObject takes.
    ["request_upload", "PHOTO_MAX_BYTES", "5368709121"],
    ["login", "USER_POOL_CLIENT_ID", "Capitals"],
    ["authorizer", "USER_POOL_ID", "no-pool"],
    ["authorizer", "USER_POOL_ID", "eu-central-1_Abc/../../"],
    ["authorizer", "JWKS_URI", "https://attacker.example/keys"],
  ] as const)("names the variable of %s that is wrong, and not its value: %s=%j", (name, variable, value) => {
    const right = { ...POOL, PHOTOS_BUCKET: "yourplace", CURSOR_KEY, PHOTO_MAX_BYTES: "1" };
    const said = complaint(name, { ...right, [variable]: value });
    expect(said).toContain(`${variable} must be`);
    expect(said.match(/must be/g)).toHaveLength(1);
    if (value !== "") expect(said).not.toContain(value);
  });

  it("shows no value, of a secret least of all", () => {
    const said = complaint("list", { PHOTOS_BUCKET: "CANARY BUCKET", CURSOR_KEY: "canary-key" });
    expect(said).not.toMatch(/canary/i);
  });
});

describe("the source of the authorizer's keys", () => {
  const local = "http://127.0.0.1:9229/eu-central-1_Abcdefghi/.well-known/jwks.json";

  it("may be a server of this machine", () => {
    expect(read_environment("authorizer", { ...POOL, JWKS_URI: local })).toEqual({
      ...POOL,
      JWKS_URI: local,
    });
  });

  it.each(["AWS_Lambda_nodejs24.x", ""])("is refused in AWS (AWS_EXECUTION_ENV=%j)", (AWS_EXECUTION_ENV) => {
    const said = complaint("authorizer", { ...POOL, JWKS_URI: local, AWS_EXECUTION_ENV });
    expect(said).toContain("JWKS_URI must not be set in AWS");
    expect(said).not.toContain("127.0.0.1");
  });

  it("is Cognito's own in AWS", () => {
    const environment = { ...POOL, AWS_EXECUTION_ENV: "AWS_Lambda_nodejs24.x" };
    expect(read_environment("authorizer", environment)).not.toHaveProperty("JWKS_URI");
  });

  it.each([
    "http://localhost:9229/keys",
    "http://10.0.0.1:9229/keys",
    "http://127.0.0.1.attacker.example:80/keys",
    "http://127.0.0.1:80@attacker.example/keys",
    "http://127.0.0.1/keys",
    "https://127.0.0.1:9229/keys",
    " http://127.0.0.1:9229/keys",
    "file:///etc/passwd",
    "",
  ])("is refused elsewhere: %j", (JWKS_URI) => {
    expect(complaint("authorizer", { ...POOL, JWKS_URI })).toContain("JWKS_URI must be");
  });
});
