/** A photo that is deleted is gone, and deleting it again says so. */
import { photo_deleted } from "../../../schemas/delete.ts";
import { outcome, read_answer } from "../api.ts";
import { walk_list } from "./list.ts";
import type { SignedInStage } from "./stage.ts";

export async function delete_photo({ user, report, stored }: SignedInStage): Promise<void> {
  report.heading("Deleting");
  const [photo] = stored;
  if (photo === undefined) return;
  const { filename } = photo;
  const { deleted } = read_answer(await user.post("/delete", { file: filename }), 200, photo_deleted);
  stored.shift();
  report.check(`${photo.name} is deleted`, deleted, filename);
  const download = await user.post("/download", { filename });
  report.check("it cannot be downloaded any more: 404", outcome(download), "404 photo_not_found");
  const { photos } = await walk_list(user);
  report.check(
    "it is not listed any more",
    photos.some((listed) => listed.filename === filename),
    false,
  );
  const again = await user.post("/delete", { file: filename });
  report.check("deleting it again is no silent success: 404", outcome(again), "404 photo_not_found");
}
