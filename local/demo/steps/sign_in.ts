/** The demo user signs in; those who cannot are told nothing. */
import { DEMO_USER } from "../../config.ts";
import { json_of, outcome } from "../api.ts";
import type { SignedIn, Stage } from "./stage.ts";
import { without_request_id } from "./without_request_id.ts";

/** @throws ProblemError when the sign-in fails */
export async function sign_in(stage: Stage): Promise<SignedIn> {
  const { api, report } = stage;
  report.heading("Signing in");
  const no_token = await api.post("/list");
  report.check("without a token the gateway refuses: 401", outcome(no_token), "401 Unauthorized");

  // Before the right password, because that ends the count of wrong ones.
  const wrong_password = await api.post("/login", { ...DEMO_USER, password: "Not-the-passw0rd!" });
  report.check("a wrong password is refused: 401", outcome(wrong_password), "401 invalid_credentials");
  const nobody = await api.post("/login", { ...DEMO_USER, username: "nobody@example.com" });
  report.check(
    "an unknown user gets the same answer, so it does not tell who exists",
    without_request_id(json_of(nobody)),
    without_request_id(json_of(wrong_password)),
  );

  const signed_in = await sign_in_as(stage, DEMO_USER);
  report.check(`${DEMO_USER.username} has signed in`, await signed_in.client.signedIn(), DEMO_USER.username);
  return signed_in;
}

/** @throws ProblemError when the sign-in fails */
export async function sign_in_as(
  { api, new_client }: Stage,
  { username, password }: typeof DEMO_USER,
): Promise<SignedIn> {
  const { client, unstoppable, token } = new_client();
  await client.signIn({ username, password });
  return { client, unstoppable, user: api.with_token(await token()) };
}
