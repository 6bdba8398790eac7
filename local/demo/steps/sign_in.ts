/** The demo user signs in; those who cannot are told nothing. */
import { login_response } from "../../../schemas/login.ts";
import { DEMO_USER } from "../../config.ts";
import { type Api, json_of, outcome, read_answer } from "../api.ts";
import type { Stage } from "./stage.ts";
import { without_request_id } from "./without_request_id.ts";

/** The API with the demo user's token. @throws UnexpectedAnswer when the sign-in fails */
export async function sign_in({ api, report }: Stage): Promise<Api> {
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

  const { jwt, credentials } = read_answer(await api.post("/login", DEMO_USER), 200, login_response);
  report.check(`${DEMO_USER.username} has signed in`, credentials, DEMO_USER.username);
  return api.with_token(jwt);
}
