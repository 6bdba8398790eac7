/** `npm run bench:memory`: every function in AWS's own runtime client with its largest input, again and again. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { CREDENTIALS, REGION } from "../../local/config.ts";
import { type FunctionDefinition, read_functions_table } from "../../local/functions_table.ts";
import { lambda_environment } from "../../local/lambda/environment.ts";
import { type Deployment, deploy } from "../lambda/deployment.ts";
import { circumstances, load } from "../lambda/machine.ts";
import { NoRuntimeClient, runtime_client } from "../lambda/runtime_client.ts";
import { bootstrap_flags, type Sandbox, start_sandbox, type Usage } from "../lambda/sandbox.ts";
import { variables_of } from "../lambda/variables.ts";
import { type Case, cases, WRITING_USER } from "./cases.ts";
import { memory_table, type Row, RULES, type SandboxRun, usage_table } from "./report.ts";
import { type Services, start_services } from "./services.ts";

const { values: options } = parseArgs({
  options: {
    rounds: { type: "string", default: "3" },
    invocations: { type: "string", default: "6" },
    only: { type: "string", default: "" },
    memory: { type: "string" },
    "node-options": { type: "string" },
    "without-bootstrap-flags": { type: "boolean", default: false },
    write: { type: "boolean", default: false },
  },
});

const say = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

/** Longer than a function has: however slow the machine, the archives are to be done to their ends. */
const TIMEOUT_S = 180;

interface Measured {
  readonly wanted: Case;
  readonly definition: FunctionDefinition;
  readonly sandboxes: SandboxRun[];
  failure?: string;
}

try {
  await run();
} catch (error) {
  if (!(error instanceof NoRuntimeClient)) throw error;
  say(error.message);
  process.exitCode = 1;
}

async function run(): Promise<void> {
  const client = await runtime_client(say);
  const table = read_functions_table();
  const deployment = await deploy(Object.keys(table));
  say("filling S3");
  const services = await start_services();
  try {
    const load_before = load();
    const measured = await measure_all(client, deployment, services, table);
    await tell(measured, load_before);
  } finally {
    await services.close();
    await deployment.remove();
  }
}

/** Each round begins with another case, so that none always runs after the same one. */
async function measure_all(
  client: string,
  deployment: Deployment,
  services: Services,
  table: Readonly<Record<string, FunctionDefinition>>,
): Promise<readonly Measured[]> {
  const all = (await cases(services))
    .filter(({ function_name, title }) => `${function_name}: ${title}`.includes(options.only))
    .flatMap((wanted): Measured[] => {
      const definition = table[wanted.function_name];
      if (definition === undefined) throw new Error(`there is no function ${wanted.function_name}`);
      const memory_mb = Number(options.memory ?? definition.memory_mb);
      return [{ wanted, definition: { ...definition, memory_mb }, sandboxes: [] }];
    });
  const rounds = Number(options.rounds);
  for (let round = 0; round < rounds; round += 1) {
    const first = round % all.length;
    for (const one of [...all.slice(first), ...all.slice(0, first)]) {
      if (one.failure !== undefined) continue;
      say(`round ${round + 1} of ${rounds}: ${one.wanted.function_name}, ${one.wanted.title}`);
      try {
        one.sandboxes.push(await measure(one, { client, deployment, services }));
      } catch (error) {
        one.failure = error instanceof Error ? error.message : String(error);
      }
      await services.empty(WRITING_USER);
    }
  }
  return all;
}

interface Surroundings {
  readonly client: string;
  readonly deployment: Deployment;
  readonly services: Services;
}

async function measure({ wanted, definition }: Measured, surroundings: Surroundings): Promise<SandboxRun> {
  const sandbox = await start_function(wanted.function_name, definition, surroundings);
  try {
    const peak_at_start = sandbox.peak_rss();
    const first = await invoked(sandbox, wanted);
    const peak_after_first = sandbox.peak_rss();
    const invocations = [first];
    while (invocations.length < Number(options.invocations)) invocations.push(await invoked(sandbox, wanted));
    return { peak_at_start, peak_after_first, peak: sandbox.peak_rss(), invocations };
  } finally {
    await sandbox.stop();
  }
}

async function invoked(sandbox: Sandbox, { event, check }: Case): Promise<Usage> {
  const { answer, usage } = await sandbox.invoke(await event());
  check(answer);
  return usage;
}

function start_function(
  name: string,
  { memory_mb, environment }: FunctionDefinition,
  { client, deployment, services: { variables } }: Surroundings,
): Promise<Sandbox> {
  const endpoints = Object.keys(variables).filter((name) => name.startsWith("AWS_"));
  const node_options = options["node-options"];
  const task_root = deployment.task_root(name);
  return start_sandbox({
    function_name: name,
    client,
    node_flags: options["without-bootstrap-flags"] ? [] : bootstrap_flags(memory_mb),
    task_root,
    timeout_s: TIMEOUT_S,
    environment: lambda_environment({
      name,
      region: REGION,
      credentials: CREDENTIALS,
      memory_mb,
      task_root,
      layer_root: deployment.layer_root,
      environment: {
        ...variables_of([...environment, "JWKS_URI", ...endpoints], variables),
        ...(node_options !== undefined && { NODE_OPTIONS: node_options }),
      },
    }),
  });
}

async function tell(measured: readonly Measured[], load_before: number): Promise<void> {
  const rows = measured.map(({ wanted, definition, sandboxes, failure }): Row => {
    const { function_name, title } = wanted;
    const { memory_mb, timeout_s } = definition;
    return {
      function_name,
      title,
      memory_mb,
      timeout_s,
      sandboxes,
      ...(failure !== undefined && { failure }),
    };
  });
  const report = [
    "# Results of the memory bench",
    "Written by the bench itself; what is measured, and how to repeat it, is in [README.md](README.md#memory).",
    [
      circumstances({ command: "npm run bench:memory --", load_before, load_after: load() }),
      `- ${options.rounds} sandboxes for each input, each of ${options.invocations} invocations; peaks are the highest, times are medians`,
    ].join("\n"),
    "## What memory follows from it",
    RULES,
    memory_table(rows),
    "## Each input",
    usage_table(rows),
  ].join("\n\n");
  process.stdout.write(`${report}\n`);
  if (options.write) await writeFile(join(import.meta.dirname, "..", "MEMORY.md"), `${report}\n`);
  if (report.includes("**")) process.exitCode = 1;
}
