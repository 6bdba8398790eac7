/** What is started: bare Node, the two baselines, and every function that is deployed. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { CREDENTIALS, REGION } from "../../local/config.ts";
import { type FunctionDefinition, read_functions_table } from "../../local/functions_table.ts";
import { lambda_environment } from "../../local/lambda/environment.ts";
import { type Deployment, deploy } from "../lambda/deployment.ts";
import { bootstrap_flags, start_sandbox, type Usage } from "../lambda/sandbox.ts";
import { variables_of } from "../lambda/variables.ts";
import { budget_of } from "./budgets.ts";

export interface Candidate {
  readonly name: string;
  /** Times bare Node; the baselines have none. */
  readonly budget?: number;
  readonly start: () => Promise<Usage>;
}

export interface Candidates {
  readonly bare_node: Candidate;
  /** A function with the S3 client and nothing else. */
  readonly client_s3_only: Candidate;
  /** All of them, those two among them. */
  readonly all: readonly Candidate[];
  readonly remove: () => Promise<void>;
}

const BASELINES = { empty: "empty.ts", client_s3_only: "client_s3_only.ts" };

const NO_VARIABLES = { memory_mb: 512, timeout_s: 10, environment: [] };

/** @param with_flags as Lambda's start script is known to start Node */
export async function make_candidates(client: string, with_flags: boolean): Promise<Candidates> {
  const table = read_functions_table();
  const baselines = Object.entries(BASELINES).map(([name, file]) => [name, join(import.meta.dirname, file)]);
  const deployment = await deploy(Object.keys(table), Object.fromEntries(baselines));
  const started = (name: string, definition: Definition) => () =>
    start_function(name, definition, { client, deployment, with_flags });
  const bare_node = { name: "bare Node", start: () => start_bare_node(with_flags) };
  const client_s3_only = { name: "client-s3 only", start: started("client_s3_only", NO_VARIABLES) };
  const functions = Object.entries(table).map(([name, definition]) => ({
    name: `\`${name}\``,
    budget: budget_of(name),
    start: started(name, definition),
  }));
  const empty = { name: "empty handler", start: started("empty", NO_VARIABLES) };
  const all = [bare_node, empty, client_s3_only, ...functions];
  return { bare_node, client_s3_only, all, remove: deployment.remove };
}

type Definition = Pick<FunctionDefinition, "memory_mb" | "timeout_s" | "environment">;

interface Circumstances {
  readonly client: string;
  readonly deployment: Deployment;
  readonly with_flags: boolean;
}

async function start_function(
  name: string,
  { memory_mb, timeout_s, environment }: Definition,
  { client, deployment, with_flags }: Circumstances,
): Promise<Usage> {
  const task_root = deployment.task_root(name);
  const sandbox = await start_sandbox({
    function_name: name,
    client,
    node_flags: with_flags ? bootstrap_flags(memory_mb) : [],
    task_root,
    timeout_s,
    environment: {
      ...lambda_environment({
        name,
        region: REGION,
        credentials: CREDENTIALS,
        memory_mb,
        task_root,
        layer_root: deployment.layer_root,
        environment: variables_of(environment),
      }),
      AWS_EXECUTION_ENV: "AWS_Lambda_nodejs24.x",
    },
  });
  await sandbox.stop();
  return sandbox.start;
}

/**
 * From the creation of the process to its end. What it has used is gone with it, so that a second one tells its own,
 * with the little that telling costs.
 */
async function start_bare_node(with_flags: boolean): Promise<Usage> {
  const flags = with_flags ? bootstrap_flags(NO_VARIABLES.memory_mb) : [];
  const begin = performance.now();
  await output_of([...flags, "-e", "0"]);
  const seconds = (performance.now() - begin) / 1000;
  const tell =
    "const { user, system } = process.cpuUsage(); require('fs').writeSync(1, String(user + system))";
  return { seconds, cpu_seconds: Number(await output_of([...flags, "-e", tell])) / 1e6 };
}

async function output_of(parameters: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, parameters, { env: {}, stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => {
    output += chunk.toString();
  });
  const code = await new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  if (code !== 0) throw new Error(`node ${parameters.join(" ")} ended with ${code}`);
  return output;
}
