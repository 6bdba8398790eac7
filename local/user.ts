/**
 * `npm run user -- add NAME PASSWORD [--temporary]`: makes a user in the running laptop stack.
 * Exit code 1 when it cannot, 2 when the command line is wrong.
 */
import { parseArgs } from "node:util";
import {
  AdminCreateUserCommand,
  AdminSetUserPasswordCommand,
  CognitoIdentityProviderClient,
  ListUserPoolsCommand,
} from "@aws-sdk/client-cognito-identity-provider";
import { ConfigError, CREDENTIALS, REGION, read_config } from "./config.ts";

const USAGE = `Usage: npm run user -- add NAME PASSWORD [--temporary]

  NAME         the user's e-mail address
  PASSWORD     8 or more characters: upper case, lower case, a digit and a symbol
  --temporary  the user has to choose a new password at the first sign-in
`;

interface NewUser {
  name: string;
  password: string;
  temporary: boolean;
}

process.exitCode = await main(process.argv.slice(2));

async function main(args: string[]): Promise<number> {
  const user = read_command_line(args);
  if (user === undefined) {
    process.stderr.write(USAGE);
    return 2;
  }
  let endpoint = "";
  try {
    endpoint = `http://127.0.0.1:${read_config().cognito_port}`;
    await add_user(endpoint, user);
  } catch (error) {
    process.stderr.write(`${explain(error, user, endpoint)}\n`);
    return error instanceof ConfigError ? 2 : 1;
  }
  const kind = user.temporary ? "with a temporary password" : "ready to sign in";
  process.stdout.write(`Added ${user.name}, ${kind}.\n`);
  return 0;
}

function read_command_line(args: string[]): NewUser | undefined {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: { temporary: { type: "boolean", default: false } },
    });
    const [action, name, password, ...more] = positionals;
    if (action !== "add" || !name || !password || more.length > 0) return undefined;
    return { name, password, temporary: values.temporary };
  } catch {
    return undefined;
  }
}

async function add_user(endpoint: string, { name, password, temporary }: NewUser): Promise<void> {
  const client = new CognitoIdentityProviderClient({
    endpoint,
    region: REGION,
    credentials: CREDENTIALS,
    maxAttempts: 1,
  });
  const { UserPools } = await client.send(new ListUserPoolsCommand({ MaxResults: 1 }));
  const UserPoolId = UserPools?.[0]?.Id;
  if (UserPoolId === undefined) throw new Error(`There is no user pool at ${endpoint}.`);
  const user = { UserPoolId, Username: name };
  await client.send(
    new AdminCreateUserCommand({
      ...user,
      TemporaryPassword: password,
      MessageAction: "SUPPRESS",
      UserAttributes: [
        { Name: "email", Value: name },
        { Name: "email_verified", Value: "true" },
      ],
    }),
  );
  if (!temporary) {
    await client.send(new AdminSetUserPasswordCommand({ ...user, Password: password, Permanent: true }));
  }
}

/** What went wrong and what to do about it. Never names the password. */
function explain(error: unknown, user: NewUser, endpoint: string): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof ConfigError) return error.message;
  switch (error.name) {
    case "UsernameExistsException":
      return `There is already a user ${user.name}.`;
    case "InvalidPasswordException":
      return `The password was refused. ${error.message}.`;
    case "InvalidParameterException":
      return `${user.name} could not be added: ${error.message}`;
    default:
      return is_refused(error)
        ? `Nothing answers at ${endpoint}. Start the stack with npm start, then try again.`
        : `${endpoint} did not answer as Cognito does: ${error.name}: ${error.message}`;
  }
}

function is_refused(error: Error): boolean {
  return "code" in error && error.code === "ECONNREFUSED";
}
