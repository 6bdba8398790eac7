/** The photos of a user, newest first, a page at a time. */
import type { Api } from "./api.ts";
import type { Photo, RequestOf, Schemas } from "./api_schemas.ts";

export type ListPageOptions = RequestOf<"/list"> & { readonly signal?: AbortSignal | undefined };

/** Of `/list`; `pageSize` is how many photos are asked for at a time, 1 to 1,000. */
export type ListOptions = Omit<ListPageOptions, "limit" | "cursor"> & {
  readonly pageSize?: number | undefined;
};

const PAGE_SIZE = 200;

/** @throws ProblemError, ConnectionError, or the signal's reason */
export const list_page = (api: Api, { signal, ...body }: ListPageOptions): Promise<Schemas["ListResponse"]> =>
  api.post("/list", body, { repeatable: true, signal });

/** Each photo that was there at the beginning, once. Only one page is kept in memory. @throws as `list_page` */
export async function* list_photos(
  api: Api,
  { pageSize: limit = PAGE_SIZE, ...options }: ListOptions,
): AsyncGenerator<Photo, void, undefined> {
  let cursor: string | undefined;
  do {
    const page = await list_page(api, { ...options, limit, ...(cursor !== undefined && { cursor }) });
    yield* page.photos;
    cursor = page.cursor;
  } while (cursor !== undefined);
}
