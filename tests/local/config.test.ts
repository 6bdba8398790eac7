import path from "node:path";
import { describe, expect, it } from "vitest";
import { read_config } from "../../local/config.ts";

describe("the settings", () => {
  it("have the values that people's scripts rely on", () => {
    expect(read_config({})).toEqual({
      port: 3000,
      s3_port: 9000,
      cognito_port: 9229,
      data_dir: path.resolve(".local"),
      token_header: "JWT",
      authorizer_ttl_s: 60,
      detect_duplicates: true,
      queue_chaos: false,
      queue_retry_s: 2,
    });
  });

  it("come from the environment", () => {
    const config = read_config({
      PORT: "0",
      S3_PORT: "1",
      COGNITO_PORT: "65535",
      DATA_DIR: "/data",
      TOKEN_HEADER: "Authorization",
      AUTHORIZER_TTL_S: "0",
      DETECT_DUPLICATES: "off",
      QUEUE_CHAOS: "on",
      QUEUE_RETRY_S: "0",
    });
    expect(config).toEqual({
      port: 0,
      s3_port: 1,
      cognito_port: 65535,
      data_dir: "/data",
      token_header: "Authorization",
      authorizer_ttl_s: 0,
      detect_duplicates: false,
      queue_chaos: true,
      queue_retry_s: 0,
    });
  });

  it.each([
    ["PORT", "abc", 'PORT must be a port from 0 to 65535, not "abc"'],
    ["PORT", "65536", 'PORT must be a port from 0 to 65535, not "65536"'],
    ["S3_PORT", "-1", 'S3_PORT must be a port from 0 to 65535, not "-1"'],
    ["COGNITO_PORT", "", 'COGNITO_PORT must be a port from 0 to 65535, not ""'],
    ["DATA_DIR", "", 'DATA_DIR must be a folder, not ""'],
    ["TOKEN_HEADER", "a b", 'TOKEN_HEADER must be the name of a header, not "a b"'],
    ["AUTHORIZER_TTL_S", "3601", 'AUTHORIZER_TTL_S must be seconds from 0 to 3600, not "3601"'],
    ["DETECT_DUPLICATES", "true", 'DETECT_DUPLICATES must be on or off, not "true"'],
    ["QUEUE_CHAOS", "1", 'QUEUE_CHAOS must be on or off, not "1"'],
    ["QUEUE_RETRY_S", "43201", 'QUEUE_RETRY_S must be seconds from 0 to 43200, not "43201"'],
  ])("refuse %s=%s", (name, value, message) => {
    expect(() => read_config({ [name]: value })).toThrow(message);
  });

  it("name every wrong one", () => {
    expect(() => read_config({ PORT: "x", S3_PORT: "y" })).toThrow(/^PORT must .*\nS3_PORT must /);
  });
});
