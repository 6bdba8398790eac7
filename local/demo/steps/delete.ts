/** A photo that is deleted is gone, and deleting it again says so. */
import { all, refusal } from "../photo_client.ts";
import type { SignedInStage } from "./stage.ts";

export async function delete_photo({ client, report, stored }: SignedInStage): Promise<void> {
  report.heading("Deleting");
  const [photo] = stored;
  if (photo === undefined) return;
  const { filename } = photo;
  report.check(`${photo.name} is deleted`, await refusal(client.delete(filename)), "accepted");
  stored.shift();
  const download = await refusal(client.download(filename));
  report.check("it cannot be downloaded any more: 404", download, "404 photo_not_found");
  const photos = await all(client.list());
  report.check(
    "it is not listed any more",
    photos.some((listed) => listed.filename === filename),
    false,
  );
  const again = await refusal(client.delete(filename));
  report.check("deleting it again is no silent success: 404", again, "404 photo_not_found");
}
