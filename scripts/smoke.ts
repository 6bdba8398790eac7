/**
 * `node scripts/smoke.ts URL`: does the API that was just deployed work? It sees what any client sees.
 * Exit code 1 when it does not, 2 when the command line or a variable is wrong.
 */
import { readFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import * as z from "zod";
import { open_api, SmokeError } from "./smoke/api.ts";
import { check_api, type Photo, type User } from "./smoke/checks.ts";

const USAGE = `Usage: node scripts/smoke.ts URL

  URL  of the API, as terraform output -raw api_url prints it; http only on 127.0.0.1

Variables:
  SMOKE_USERNAME, SMOKE_PASSWORD  a user for this test alone; without them only what needs no user is tested
  TOKEN_HEADER=JWT                the header that carries the token
  SMOKE_ATTEMPTS=4                how often the whole test is tried
  SMOKE_PAUSE_S=15                seconds between two of them
`;

const EXIT = { works: 0, broken: 1, wrong_usage: 2 } as const;

interface Settings {
  readonly url: URL;
  readonly token_header: string;
  readonly user: User | undefined;
  readonly attempts: number;
  readonly pause_ms: number;
}

const whole_number = (max: number) => z.coerce.number().int().min(0).max(max);

const environment = z
  .object({
    SMOKE_USERNAME: z.string().default(""),
    SMOKE_PASSWORD: z.string().default(""),
    // A field name of RFC 9110, section 5.1.
    TOKEN_HEADER: z
      .string()
      .regex(/^[\w!#$%&'*+.^`|~-]+$/, "must be the name of a header")
      .default("JWT"),
    SMOKE_ATTEMPTS: whole_number(100).min(1).default(4),
    SMOKE_PAUSE_S: whole_number(600).default(15),
  })
  .refine(({ SMOKE_USERNAME, SMOKE_PASSWORD }) => (SMOKE_USERNAME === "") === (SMOKE_PASSWORD === ""), {
    path: ["SMOKE_USERNAME"],
    error: "is set without SMOKE_PASSWORD, or the other way round",
  });

/** A password goes over plain http only where it does not leave the machine. */
const is_safe = ({ protocol, hostname }: URL): boolean =>
  protocol === "https:" || (protocol === "http:" && hostname === "127.0.0.1");

/** @returns what is wrong, when something is; never a value, for it may be the password */
function read_settings(
  args: readonly string[],
  variables: Readonly<Record<string, string | undefined>>,
): Settings | string {
  const [address, ...more] = args;
  const url = URL.parse(address ?? "");
  if (url === null || !is_safe(url) || more.length > 0) return USAGE;
  const { data, error } = environment.safeParse(variables);
  if (data === undefined) {
    return error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}\n`).join("");
  }
  const { SMOKE_USERNAME: username, SMOKE_PASSWORD: password } = data;
  return {
    url,
    token_header: data.TOKEN_HEADER,
    user: username === "" ? undefined : { username, password },
    attempts: data.SMOKE_ATTEMPTS,
    pause_ms: data.SMOKE_PAUSE_S * 1000,
  };
}

/** Its author and licence are named in `LICENSES.md` there. */
const PHOTO_FILE = path.join(
  import.meta.dirname,
  "..",
  "tests",
  "fixtures",
  "photos",
  "jpeg_60k_baseline.jpg",
);

const photo = (): Photo => ({ name: "smoke_test.jpg", bytes: readFileSync(PHOTO_FILE), type: "image/jpeg" });

function report(what: string): void {
  process.stdout.write(`ok      ${what}\n`);
}

/**
 * More than one attempt, since AWS takes some seconds until a new role, policy or route holds everywhere.
 * @throws what is no answer of the API, such as a missing photo
 */
async function smoke({ url, token_header, user, attempts, pause_ms }: Settings): Promise<number> {
  const api = open_api({ url, token_header });
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    try {
      await check_api(api, user, photo(), report);
      const scope = user === undefined ? "as far as it can be seen without a user" : "with the test user";
      process.stdout.write(`The deployed API works, ${scope}.\n`);
      return EXIT.works;
    } catch (error) {
      if (!(error instanceof SmokeError)) throw error;
      process.stdout.write(`FAILED  ${error.message} (attempt ${attempt} of ${attempts})\n`);
    }
    if (attempt < attempts) await wait(pause_ms);
  }
  process.stderr.write("The deployed API does not work.\n");
  return EXIT.broken;
}

const settings = read_settings(process.argv.slice(2), process.env);
if (typeof settings === "string") {
  process.stderr.write(settings);
  process.exitCode = EXIT.wrong_usage;
} else {
  process.exitCode = await smoke(settings);
}
