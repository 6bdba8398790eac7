/** The settings of the laptop stack: a few variables, and what is fixed so that people's scripts can rely on it. */
import path from "node:path";
import * as z from "zod";
import type { Credentials } from "./aws/sigv4.ts";

export const BUCKET = "yourplace";
export const REGION = "eu-central-1";
export const CREDENTIALS: Credentials = { accessKeyId: "local", secretAccessKey: "local-secret" };
/** Those of a function: each has a key id of its own, as each has a role of its own in AWS. */
export const function_credentials = (name: string): Credentials => ({
  ...CREDENTIALS,
  accessKeyId: `${CREDENTIALS.accessKeyId}-${name}`,
});
/** 200 MB, as in terraform/. */
export const PHOTO_MAX_BYTES = 200_000_000;
export const DEMO_USER = { username: "demo@example.com", password: "Demo-Passw0rd!" };

export type Config = {
  readonly port: number;
  readonly s3_port: number;
  readonly cognito_port: number;
  /** Absolute. */
  readonly data_dir: string;
  /** The header that carries the token. */
  readonly token_header: string;
  readonly authorizer_ttl_s: number;
  /** Whether a photo that its user has already is not stored once more. */
  readonly detect_duplicates: boolean;
  /** Whether every message of a queue comes twice, and in no order. */
  readonly queue_chaos: boolean;
  /** How long a message waits whose function has failed. */
  readonly queue_retry_s: number;
};

/** A setting is wrong; the message says which, and what it may be. */
export class ConfigError extends Error {}

const MAX_PORT = 65_535;
/** What API Gateway allows for an authorizer's TTL. */
const MAX_TTL_S = 3600;
/** What SQS allows for a visibility timeout. */
const MAX_VISIBILITY_S = 43_200;

function whole_number(max: number, what: string) {
  const message = `must be ${what} from 0 to ${max}`;
  return z
    .string()
    .regex(/^\d{1,9}$/, message)
    .transform(Number)
    .refine((number) => number <= max, message);
}

const port = whole_number(MAX_PORT, "a port");

const settings = z.object({
  /** 0 takes any free port. */
  PORT: port.default(3000),
  S3_PORT: port.default(9000),
  COGNITO_PORT: port.default(9229),
  DATA_DIR: z.string().min(1, "must be a folder").default(".local"),
  // A field name of RFC 9110, section 5.1.
  TOKEN_HEADER: z
    .string()
    .regex(/^[\w!#$%&'*+.^`|~-]+$/, "must be the name of a header")
    .default("JWT"),
  AUTHORIZER_TTL_S: whole_number(MAX_TTL_S, "seconds").default(60),
  DETECT_DUPLICATES: z.enum(["on", "off"], "must be on or off").default("on"),
  QUEUE_CHAOS: z.enum(["on", "off"], "must be on or off").default("off"),
  QUEUE_RETRY_S: whole_number(MAX_VISIBILITY_S, "seconds").default(2),
});

/** @throws ConfigError that names every wrong variable. */
export function read_config(environment: Readonly<Record<string, string | undefined>> = process.env): Config {
  const parsed = settings.safeParse(environment);
  if (!parsed.success) {
    const wrong = parsed.error.issues.map(({ path: [name], message }) => {
      return `${String(name)} ${message}, not "${environment[String(name)]}"`;
    });
    throw new ConfigError(wrong.join("\n"));
  }
  return {
    port: parsed.data.PORT,
    s3_port: parsed.data.S3_PORT,
    cognito_port: parsed.data.COGNITO_PORT,
    data_dir: path.resolve(parsed.data.DATA_DIR),
    token_header: parsed.data.TOKEN_HEADER,
    authorizer_ttl_s: parsed.data.AUTHORIZER_TTL_S,
    detect_duplicates: parsed.data.DETECT_DUPLICATES === "on",
    queue_chaos: parsed.data.QUEUE_CHAOS === "on",
    queue_retry_s: parsed.data.QUEUE_RETRY_S,
  };
}
