/** Every photo comes back as it was sent, byte for byte and under its name. */
import { parse as content_disposition } from "content-disposition";
import { type Answer, type Api, require_status } from "../api.ts";
import { size_text } from "../output.ts";
import { sha256 } from "../sha256.ts";
import type { SignedInStage } from "./stage.ts";

export async function download_photos({ user, report, stored }: SignedInStage): Promise<void> {
  report.heading("Downloading");
  for (const { filename, name, size, type, sha256: sent } of stored) {
    const { answer, redirected } = await download(user, filename);
    const way = redirected ? ", by an address that expires in minutes" : "";
    report.check(
      `${name}: ${size_text(size)}, SHA-256 ${sent.slice(0, 12)}… as sent${way}`,
      { sha256: sha256(answer.bytes), type: answer.headers.get("content-type"), ...disposition_of(answer) },
      { sha256: sent, type, disposition: "attachment", name },
    );
  }
}

async function download(user: Api, filename: string): Promise<{ answer: Answer; redirected: boolean }> {
  const answer = await user.post("/download", { filename });
  const location = answer.headers.get("location");
  if (answer.status !== 303 || location === null) {
    return { answer: require_status(answer, 200), redirected: false };
  }
  return { answer: require_status(await user.fetch_location(location), 200), redirected: true };
}

function disposition_of({ headers }: Answer): { disposition: string; name: string | undefined } {
  const { type, parameters } = content_disposition(headers.get("content-disposition") ?? "");
  return { disposition: type, name: parameters.filename };
}
