/** The user's photos are listed, by large pages and by small ones. */
import type { Photo } from "../../../client/index.ts";
import { all } from "../photo_client.ts";
import type { SignedInStage } from "./stage.ts";

const PAGES = 4;

/** Only the demo's own photos are compared: in a running stack others may come and go meanwhile. */
export async function list_photos({ client, report, stored }: SignedInStage): Promise<void> {
  report.heading("Listing");
  const photos = await all(client.list());
  const own = (listed: readonly Photo[]) =>
    listed.filter(({ filename }) => stored.some((photo) => photo.filename === filename));
  report.check(
    `all ${stored.length} photos are listed once, with their names and sizes`,
    by_filename(own(photos).map(({ filename, name, size }) => ({ filename, name, size }))),
    by_filename(stored.map(({ filename, name, size }) => ({ filename, name, size }))),
  );
  const times = photos.map(({ uploadedAt }) => uploadedAt);
  report.check("the newest come first", times, times.toSorted().toReversed());

  const pageSize = Math.min(1000, Math.ceil(photos.length / PAGES));
  const filenames = (listed: readonly Photo[]) => own(listed).map(({ filename }) => filename);
  report.check(
    `a walk by pages of ${pageSize} finds the same in the same order`,
    filenames(await all(client.list({ pageSize }))),
    filenames(photos),
  );
}

const by_filename = <Listed extends { filename: string }>(photos: readonly Listed[]): Listed[] =>
  photos.toSorted((a, b) => (a.filename < b.filename ? -1 : 1));
