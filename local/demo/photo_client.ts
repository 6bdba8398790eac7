/** The client that apps use, as the demo uses it: told to stop, it begins nothing more. */
import {
  createClient,
  type Fetch,
  type PhotoClient,
  ProblemError,
  type TokenStore,
} from "../../client/index.ts";
import type { SentFile } from "./photos.ts";

export interface ClientSettings {
  readonly url: string;
  readonly token_header: string;
  readonly tokens: TokenStore;
  /**
   * Once it is aborted no request is begun. One that is under way still ends, since what it stores has to be known
   * to be removed.
   */
  readonly stop?: AbortSignal | undefined;
}

/** Nothing is tried again: the demo is to show what is off. */
export function open_client({ url, token_header, tokens, stop }: ClientSettings): PhotoClient {
  const begun: Fetch = async (address, init) => {
    stop?.throwIfAborted();
    return fetch(address, init);
  };
  return createClient({ baseUrl: url, tokenHeader: token_header, tokens, fetch: begun, retries: 0 });
}

/** `404 photo_not_found` where it is refused so, else `accepted`. @throws what is no refusal */
export async function refusal(answer: Promise<unknown>): Promise<string> {
  try {
    await answer;
    return "accepted";
  } catch (error) {
    if (error instanceof ProblemError) return `${error.status} ${error.code}`;
    throw error;
  }
}

export const file_of = ({ name, bytes }: SentFile): File => new File([Uint8Array.from(bytes)], name);

export async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const found: Item[] = [];
  for await (const item of items) found.push(item);
  return found;
}
