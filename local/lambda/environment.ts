/** The environment of a function, exactly as Lambda would give it. */
import path from "node:path";
import type { Credentials } from "../aws/sigv4.ts";

export type EnvironmentSettings = {
  readonly name: string;
  readonly region: string;
  readonly credentials: Credentials;
  readonly memory_mb: number;
  /** Where the function and the layer are unpacked: /var/task and /opt in Lambda. */
  readonly task_root: string;
  readonly layer_root: string;
  /** The variables of the function itself. */
  readonly environment: Readonly<Record<string, string>>;
};

/** `file.export`, the same for every function that the build makes. */
export const HANDLER = "index.handler";

/**
 * Names that only Lambda sets: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html.
 * AWS_EXECUTION_ENV stays unset here, since its absence is how a function can tell that it is not in AWS.
 */
const RESERVED = new Set([
  "AWS_REGION",
  "AWS_DEFAULT_REGION",
  "AWS_EXECUTION_ENV",
  "AWS_ACCESS_KEY_ID",
  "AWS_SECRET_ACCESS_KEY",
  "AWS_SESSION_TOKEN",
  "AWS_LAMBDA_FUNCTION_NAME",
  "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
  "AWS_LAMBDA_FUNCTION_VERSION",
  "LAMBDA_TASK_ROOT",
  "_HANDLER",
]);

/** @throws Error when the function names a variable that only Lambda may set. */
export function check_own_variables(name: string, environment: Readonly<Record<string, string>>): void {
  const taken = Object.keys(environment).filter((variable) => RESERVED.has(variable));
  if (taken.length > 0) throw new Error(`Lambda does not let the function ${name} set ${taken.join(", ")}`);
}

/**
 * Nothing of this process's own environment is in it. HOME is not among Lambda's documented variables: it is set
 * so that no SDK reads the developer's own ~/.aws/config.
 */
export function lambda_environment(settings: EnvironmentSettings): Record<string, string> {
  return {
    TZ: "UTC",
    HOME: settings.task_root,
    NODE_PATH: ["nodejs/node24/node_modules", "nodejs/node_modules"]
      .map((folder) => path.join(settings.layer_root, folder))
      .join(path.delimiter),
    ...settings.environment,
    AWS_REGION: settings.region,
    AWS_DEFAULT_REGION: settings.region,
    AWS_ACCESS_KEY_ID: settings.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: settings.credentials.secretAccessKey,
    AWS_LAMBDA_FUNCTION_NAME: settings.name,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(settings.memory_mb),
    AWS_LAMBDA_FUNCTION_VERSION: "$LATEST",
    LAMBDA_TASK_ROOT: settings.task_root,
    _HANDLER: HANDLER,
  };
}
