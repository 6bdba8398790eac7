/** A token whenever one is needed: of the sign-in, or of a refresh that all who wait for it share. */
import type { RequestOf, Schemas } from "./api_schemas.ts";
import type { OpenPost } from "./open_post.ts";
import { not_signed_in, ProblemError } from "./problem_error.ts";
import type { TokenStore, Tokens } from "./tokens.ts";

export interface Session {
  sign_in(credentials: RequestOf<"/login">, signal?: AbortSignal): Promise<Tokens>;
  sign_out(signal?: AbortSignal): Promise<void>;
  /** An access token that is good for a while. @throws ProblemError `not_signed_in`, or what `/refresh` says */
  token(signal?: AbortSignal): Promise<string>;
  /** Another token than the one that was refused. @throws as `token` */
  token_after(refused: string, signal?: AbortSignal): Promise<string>;
}

/** So long before its end a token is renewed: what is under way then still arrives in time. */
const RENEWED_BEFORE_MS = 60_000;

export function open_session(post: OpenPost, store: TokenStore): Session {
  let refreshing: Promise<Tokens> | undefined;

  /** One refresh at a time: were the tokens rotated, a second one would come with a token that is used up. */
  const refreshed = async (signal: AbortSignal | undefined): Promise<string> => {
    refreshing ??= refresh(post, store).finally(() => {
      refreshing = undefined;
    });
    return (await unless_aborted(refreshing, signal)).jwt;
  };

  return {
    async sign_in(credentials, signal) {
      const answer = await post("/login", credentials, { repeatable: false, signal });
      const tokens = tokens_of(answer.credentials, answer);
      await store.set(tokens);
      return tokens;
    },
    async sign_out(signal) {
      // The token that a refresh brings is the one to be revoked; that it fails is no matter here.
      await refreshing?.catch(() => {});
      const tokens = await store.get();
      await store.set(undefined);
      if (tokens === undefined) return;
      await post("/logout", { refreshToken: tokens.refreshToken }, { repeatable: true, signal });
    },
    async token(signal) {
      const tokens = await store.get();
      if (tokens === undefined) throw not_signed_in();
      return Date.now() < tokens.expiresAt - RENEWED_BEFORE_MS ? tokens.jwt : refreshed(signal);
    },
    async token_after(refused, signal) {
      const tokens = await store.get();
      if (tokens === undefined) throw not_signed_in();
      return tokens.jwt === refused ? refreshed(signal) : tokens.jwt;
    },
  };
}

const tokens_of = (
  username: string,
  { jwt, expiresIn, refreshToken }: Schemas["RefreshResponse"],
): Tokens => ({ username, jwt, refreshToken, expiresAt: Date.now() + expiresIn * 1_000 });

/** The store may be shared with other pages, which sign out or refresh by themselves. */
async function refresh(post: OpenPost, store: TokenStore): Promise<Tokens> {
  const before = await store.get();
  if (before === undefined) throw not_signed_in();
  const replaced = async (): Promise<Tokens | undefined> => {
    const now = await store.get();
    if (now === undefined) throw not_signed_in();
    return now.refreshToken === before.refreshToken ? undefined : now;
  };
  try {
    const answer = await post("/refresh", { refreshToken: before.refreshToken }, { repeatable: true });
    const others = await replaced();
    if (others !== undefined) return others;
    const after = tokens_of(before.username, answer);
    await store.set(after);
    return after;
  } catch (error) {
    if (!(error instanceof ProblemError) || error.code !== "invalid_refresh_token") throw error;
    const others = await replaced();
    if (others !== undefined) return others;
    await store.set(undefined);
    throw error;
  }
}

/** The promise, which goes on for others, or the signal's reason. */
function unless_aborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const aborted = () => reject(signal.reason);
    signal.addEventListener("abort", aborted, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", aborted));
  });
}
