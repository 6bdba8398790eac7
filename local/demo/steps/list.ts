/** The user's photos are listed, all at once and page by page. */
import { type ListedPhoto, list_response } from "../../../schemas/list.ts";
import { type Api, read_answer } from "../api.ts";
import type { SignedInStage } from "./stage.ts";

export interface Walk {
  readonly photos: ListedPhoto[];
  readonly pages: number;
}

/** Follows the cursor to the end. Without a limit a page is as much as fits an answer. */
export async function walk_list(user: Api, limit?: number): Promise<Walk> {
  const photos: ListedPhoto[] = [];
  let cursor: string | undefined;
  let pages = 0;
  do {
    const answer = await user.post("/list", { ...(limit && { limit }), ...(cursor && { cursor }) });
    const page = read_answer(answer, 200, list_response);
    photos.push(...page.photos);
    cursor = page.cursor;
    pages += 1;
  } while (cursor !== undefined);
  return { photos, pages };
}

const PAGES = 4;

/** Only the demo's own photos are compared: in a running stack others may come and go meanwhile. */
export async function list_photos({ user, report, stored }: SignedInStage): Promise<void> {
  report.heading("Listing");
  const all = await walk_list(user);
  const own = (photos: readonly ListedPhoto[]) =>
    photos.filter(({ filename }) => stored.some((photo) => photo.filename === filename));
  report.check(
    `all ${stored.length} photos are listed once, with their names and sizes`,
    by_filename(own(all.photos).map(({ filename, name, size }) => ({ filename, name, size }))),
    by_filename(stored.map(({ filename, name, size }) => ({ filename, name, size }))),
  );
  const times = all.photos.map(({ uploadedAt }) => uploadedAt);
  report.check("the newest come first", times, times.toSorted().toReversed());

  const limit = Math.min(1000, Math.ceil(all.photos.length / PAGES));
  const walk = await walk_list(user, limit);
  const filenames = (photos: readonly ListedPhoto[]) => own(photos).map(({ filename }) => filename);
  report.check(
    `a walk of ${walk.pages} pages of ${limit} finds the same in the same order`,
    filenames(walk.photos),
    filenames(all.photos),
  );
}

const by_filename = <Photo extends { filename: string }>(photos: readonly Photo[]): Photo[] =>
  photos.toSorted((a, b) => (a.filename < b.filename ? -1 : 1));
