/** Another user sees, fetches and deletes nothing of the first one's. */
import { login_response } from "../../../schemas/login.ts";
import { type Answer, json_of, outcome, read_answer } from "../api.ts";
import { add_second_user } from "../second_user.ts";
import { walk_list } from "./list.ts";
import type { SignedInStage } from "./stage.ts";
import { without_request_id } from "./without_request_id.ts";

export async function be_another_user({ api, cognito_url, report, stored }: SignedInStage): Promise<void> {
  report.heading("Being somebody else");
  const second = await add_second_user(cognito_url);
  try {
    const { username, password } = second;
    const { jwt } = read_answer(await api.post("/login", { username, password }), 200, login_response);
    const other = api.with_token(jwt);
    const { photos } = await walk_list(other);
    report.check(`${username} is new and sees no photos`, photos, []);

    const [{ filename } = { filename: "" }] = stored;
    const foreign = await other.post("/download", { filename });
    report.check("the demo user's photo is not to be had: 404", outcome(foreign), "404 photo_not_found");
    const missing = await other.post("/download", { filename: "20200101T000000000Z_nobody.jpg" });
    report.check("nor does the answer tell that it exists", problem(foreign), problem(missing));
    const deleted = await other.post("/delete", { file: filename });
    report.check("nor can it be deleted: 404", outcome(deleted), "404 photo_not_found");
  } finally {
    await second.remove();
  }
}

const problem = (answer: Answer): unknown => without_request_id(json_of(answer));
