/** Somebody else, for as long as the demo needs one. */
import { randomBytes } from "node:crypto";
import {
  AdminCreateUserCommand,
  AdminDeleteUserCommand,
  AdminSetUserPasswordCommand,
  CognitoIdentityProviderClient,
  ListUserPoolsCommand,
} from "@aws-sdk/client-cognito-identity-provider";
import { CREDENTIALS, REGION } from "../config.ts";

export interface SecondUser {
  readonly username: string;
  readonly password: string;
  remove(): Promise<void>;
}

/** @throws when Cognito is not there, or refuses */
export async function add_second_user(cognito_url: string): Promise<SecondUser> {
  try {
    return await create_user(cognito_url);
  } catch (error) {
    throw new Error(`no user could be made at ${cognito_url} (COGNITO_PORT)`, { cause: error });
  }
}

/** By the operations of an administrator. */
async function create_user(cognito_url: string): Promise<SecondUser> {
  const cognito = new CognitoIdentityProviderClient({
    endpoint: cognito_url,
    region: REGION,
    credentials: CREDENTIALS,
    maxAttempts: 1,
  });
  const { UserPools } = await cognito.send(new ListUserPoolsCommand({ MaxResults: 1 }));
  const username = `demo-${randomBytes(4).toString("hex")}@example.com`;
  // Upper case, lower case, a digit and a symbol, as the pool demands, whatever comes of chance.
  const password = `Aa1!${randomBytes(12).toString("base64url")}`;
  const user = { UserPoolId: UserPools?.[0]?.Id, Username: username };
  await cognito.send(
    new AdminCreateUserCommand({ ...user, TemporaryPassword: password, MessageAction: "SUPPRESS" }),
  );
  await cognito.send(new AdminSetUserPasswordCommand({ ...user, Password: password, Permanent: true }));
  return {
    username,
    password,
    async remove() {
      await cognito.send(new AdminDeleteUserCommand(user));
      cognito.destroy();
    },
  };
}
