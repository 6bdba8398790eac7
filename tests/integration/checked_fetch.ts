/** `fetch` for the client under test: what the API of a stack answers is held against openapi.json on its way. */
import type { Fetch } from "../../client/index.ts";
import { check_exchange } from "./exchanges.ts";

export const checked_fetch: Fetch = async (url, init) => {
  const response = await fetch(url, init);
  const { status, headers, redirected } = response;
  const bytes = Buffer.from(await response.clone().arrayBuffer());
  if (!redirected) check_exchange(url, init, { status, headers, bytes });
  return response;
};
