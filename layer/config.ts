/** Reads a function's settings from its environment when it starts, so that a wrong one fails the deployment. */
import { type Environments, environments } from "../schemas/environment.ts";

/**
 * @param name which settings the function needs
 * @throws Error that names each wrong variable, and no value
 */
export function read_environment<Name extends keyof Environments>(
  name: Name,
  environment: NodeJS.ProcessEnv = process.env,
): Environments[Name] {
  const schemas: { readonly [N in keyof Environments]: EnvironmentSchema<Environments[N]> } = environments;
  const result = schemas[name].safeParse(environment);
  if (result.success) return result.data;
  const wrong = result.error.issues.map(({ path, message }) => `${path.join(".")} ${message}`);
  throw new Error(`The environment of this function is wrong: ${wrong.join("; ")}.`);
}

/** What is used of a zod schema; it ties each name to the type of its settings. */
interface EnvironmentSchema<Settings> {
  safeParse(
    environment: unknown,
  ):
    | { readonly success: true; readonly data: Settings }
    | { readonly success: false; readonly error: { readonly issues: readonly Issue[] } };
}

interface Issue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}
