/**
 * `node scripts/rollback.ts PLAN`: points every alias at the version that it had when the plan was made. Requests are
 * then answered as before the deployment; roles, routes and settings of the bucket stay as they were applied.
 * Exit code 1 when an alias could not be moved, 2 when the command line or the plan is wrong.
 *
 * The plan is what `terraform show -json` prints of it. It was made against what was really deployed, so it knows what
 * answered requests, and nothing else has to be written down before an apply.
 */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import * as z from "zod";

const USAGE =
  "Usage: node scripts/rollback.ts PLAN\n\n  PLAN  what terraform show -json printed of the plan\n";

const EXIT = { done: 0, failed: 1, wrong_usage: 2 } as const;

const alias = z.object({
  arn: z.string().regex(/^arn:[\w-]+:lambda:[a-z0-9-]+:\d{12}:function:[\w-]+:[\w-]+$/),
  function_version: z.string().regex(/^\d+$/),
});

/** https://developer.hashicorp.com/terraform/internals/json-format#plan-representation, as far as it matters here. */
const plan = z.object({
  format_version: z.string(),
  resource_changes: z
    .array(
      z.object({
        type: z.string(),
        change: z.object({ before: z.unknown() }),
      }),
    )
    .default([]),
});

interface Alias {
  readonly region: string;
  readonly function_name: string;
  readonly name: string;
  /** That answered requests before. */
  readonly version: string;
}

/** Every alias that was there. Whether the plan moves it does not matter: to say so twice does no harm. */
function aliases_before(json: unknown): Alias[] {
  return plan
    .parse(json)
    .resource_changes.filter(({ type, change }) => type === "aws_lambda_alias" && change.before !== null)
    .map(({ change }) => {
      const { arn, function_version: version } = alias.parse(change.before);
      // arn:aws:lambda:REGION:ACCOUNT:function:NAME:ALIAS
      const [, , , region = "", , , function_name = "", name = ""] = arn.split(":");
      return { region, function_name, name, version };
    });
}

const run = promisify(execFile);

/** By the command line of AWS, which CodeBuild's images have, with the credentials of the build. */
async function move_back({ region, function_name, name, version }: Alias): Promise<boolean> {
  const what = `${function_name}: ${name} is version ${version}, as before the deployment`;
  try {
    await run(
      "aws",
      [
        ...["lambda", "update-alias", "--region", region, "--output", "text"],
        ...["--function-name", function_name, "--name", name, "--function-version", version],
      ],
      { env: { ...process.env, AWS_PAGER: "" } },
    );
    process.stdout.write(`${what}\n`);
    return true;
  } catch (error) {
    process.stderr.write(`${function_name}: ${name} is NOT version ${version}: ${reason_of(error)}\n`);
    return false;
  }
}

function reason_of(error: unknown): string {
  const { data } = z.object({ stderr: z.string().min(1) }).safeParse(error);
  if (data !== undefined) return data.stderr.trim();
  return error instanceof Error ? error.message : String(error);
}

async function roll_back(aliases: readonly Alias[]): Promise<number> {
  if (aliases.length === 0) {
    process.stdout.write("Nothing to roll back to: this is the first deployment.\n");
    return EXIT.done;
  }
  // Every one of them, whatever becomes of the others; one after the other, since Lambda limits such calls.
  let failed = 0;
  for (const each of aliases) if (!(await move_back(each))) failed += 1;
  if (failed === 0) return EXIT.done;
  process.stderr.write(`${failed} of ${aliases.length} functions may run the new version.\n`);
  return EXIT.failed;
}

/** @returns what is wrong, when something is; never a value of the plan, for it holds secrets */
function read_plan(args: readonly string[]): Alias[] | string {
  const [file, ...more] = args;
  if (file === undefined || more.length > 0) return USAGE;
  try {
    return aliases_before(JSON.parse(readFileSync(file, "utf8")));
  } catch (error) {
    if (error instanceof z.ZodError) return `${file} is no plan: ${z.prettifyError(error)}\n`;
    // V8 quotes the text in the message of a SyntaxError.
    if (error instanceof SyntaxError) return `${file} is not JSON.\n`;
    return `${error instanceof Error ? error.message : String(error)}\n`;
  }
}

const aliases = read_plan(process.argv.slice(2));
if (typeof aliases === "string") {
  process.stderr.write(aliases);
  process.exitCode = EXIT.wrong_usage;
} else {
  process.exitCode = await roll_back(aliases);
}
