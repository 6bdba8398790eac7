/** Where the tokens of a sign-in are kept. */

export interface Tokens {
  /** As the user name was given. It tells users apart: what one has begun does not go on with another's tokens. */
  readonly username: string;
  /** The access token. */
  readonly jwt: string;
  /** By this machine's clock, in milliseconds since 1970. */
  readonly expiresAt: number;
  readonly refreshToken: string;
}

/** Whoever reads what is kept here can act as the user. */
export interface TokenStore {
  get(): Tokens | undefined | Promise<Tokens | undefined>;
  /** `undefined` forgets them. */
  set(tokens: Tokens | undefined): void | Promise<void>;
}

/** Until the page is closed, or the process ends. */
export function memoryTokens(): TokenStore {
  let kept: Tokens | undefined;
  return {
    get: () => kept,
    set(tokens) {
      kept = tokens;
    },
  };
}

/** What is needed of `localStorage` or `sessionStorage`. */
export interface KeyedStorage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

/** In a page's storage, which every script of its origin can read. All pages of the origin share the sign-in. */
export function storedTokens(storage: KeyedStorage, key = "photo-uploader"): TokenStore {
  return {
    get() {
      const text = storage.getItem(key);
      return text === null ? undefined : tokens_of(text);
    },
    set(tokens) {
      if (tokens === undefined) storage.removeItem(key);
      else storage.setItem(key, JSON.stringify(tokens));
    },
  };
}

/** What is not of this module's writing counts as nothing. */
function tokens_of(text: string): Tokens | undefined {
  try {
    const { username, jwt, expiresAt, refreshToken } = JSON.parse(text);
    const whole = [username, jwt, refreshToken].every((field) => typeof field === "string");
    return whole && typeof expiresAt === "number" ? { username, jwt, expiresAt, refreshToken } : undefined;
  } catch {
    return undefined;
  }
}
