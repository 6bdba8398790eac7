/** Another user sees, fetches and deletes nothing of the first one's. */
import { type Answer, json_of, outcome } from "../api.ts";
import { all, refusal } from "../photo_client.ts";
import { add_second_user } from "../second_user.ts";
import { sign_in_as } from "./sign_in.ts";
import type { SignedInStage } from "./stage.ts";
import { without_request_id } from "./without_request_id.ts";

export async function be_another_user(stage: SignedInStage): Promise<void> {
  const { cognito_url, report, stored } = stage;
  report.heading("Being somebody else");
  const second = await add_second_user(cognito_url);
  try {
    const { client, user } = await sign_in_as(stage, second);
    report.check(`${second.username} is new and sees no photos`, await all(client.list()), []);

    const [{ filename } = { filename: "" }] = stored;
    const foreign = await user.post("/download", { filename });
    report.check("the demo user's photo is not to be had: 404", outcome(foreign), "404 photo_not_found");
    const missing = await user.post("/download", { filename: "20200101T000000000Z_nobody.jpg" });
    report.check("nor does the answer tell that it exists", problem(foreign), problem(missing));
    const deleted = await refusal(client.delete(filename));
    report.check("nor can it be deleted: 404", deleted, "404 photo_not_found");
  } finally {
    await second.remove();
  }
}

const problem = (answer: Answer): unknown => without_request_id(json_of(answer));
