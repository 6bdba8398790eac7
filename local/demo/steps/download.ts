/** Every photo comes back as it was sent, byte for byte and under its name. */
import { size_text } from "../output.ts";
import { sha256 } from "../sha256.ts";
import type { SignedInStage } from "./stage.ts";

export async function download_photos({ api, client, report, stored }: SignedInStage): Promise<void> {
  report.heading("Downloading");
  for (const { filename, name, size, type, sha256: sent } of stored) {
    const photo = await client.download(filename);
    const bytes = Buffer.from(await photo.response.arrayBuffer());
    const way = photo.response.url.startsWith(api.url) ? "" : ", by an address that expires in minutes";
    report.check(
      `${name}: ${size_text(size)}, SHA-256 ${sent.slice(0, 12)}… as sent${way}`,
      { sha256: sha256(bytes), type: photo.contentType, size: photo.size, name: photo.name },
      { sha256: sent, type, size, name },
    );
  }
}
