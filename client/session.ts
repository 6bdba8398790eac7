/** A token whenever one is needed: of the sign-in, or of a refresh that all who wait for it share. */
import type { RequestOf, Schemas } from "./api_schemas.ts";
import type { OpenPost } from "./open_post.ts";
import { is_coded, not_signed_in } from "./problem_error.ts";
import type { TokenStore, Tokens } from "./tokens.ts";

export interface Session {
  sign_in(credentials: RequestOf<"/login">, signal?: AbortSignal): Promise<Tokens>;
  sign_out(signal?: AbortSignal): Promise<void>;
  /** For one operation: the tokens of whoever is signed in now, and of nobody else later. */
  begin(): SignedIn;
}

/** A user who has begun something. */
export interface SignedIn {
  /** An access token that is good for a while. @throws ProblemError `not_signed_in`, or what `/refresh` says */
  token(signal?: AbortSignal): Promise<string>;
  /** Another token than the one that was refused. @throws as `token` */
  token_after(refused: string, signal?: AbortSignal): Promise<string>;
}

/** So long before its end a token is renewed: what is under way then still arrives in time. */
const RENEWED_BEFORE_MS = 60_000;

interface Refresh {
  readonly username: string;
  /** What the pool gives. */
  readonly brought: Promise<Tokens>;
  /** What is in the store afterwards. */
  readonly kept: Promise<Tokens>;
}

/**
 * The store may be shared with other pages, which sign in and out and refresh by themselves, so it is read each time. Users
 * are told apart by their names: another page's refresh leaves the name, and so does a sign-in of the same user.
 */
export function open_session(post: OpenPost, store: TokenStore): Session {
  let refreshing: Refresh | undefined;
  let written: Promise<unknown> = Promise.resolve();

  /** What reads the store and then writes to it, one after the other. */
  const alone = <Result>(work: () => Promise<Result>): Promise<Result> => {
    const done = written.then(work);
    written = done.catch(() => {});
    return done;
  };

  const tokens_of_user = async (username: string | undefined): Promise<Tokens> => {
    const tokens = await store.get();
    if (tokens === undefined || tokens.username !== username) throw not_signed_in();
    return tokens;
  };

  /** `after` is undefined where the pool has refused the token. */
  const keep = (before: Tokens, after: Tokens | undefined): Promise<Tokens | undefined> =>
    alone(async () => {
      const now = await tokens_of_user(before.username);
      // Another page has refreshed first.
      if (now.refreshToken !== before.refreshToken) return now;
      await store.set(after);
      return after;
    });

  const refresh = (username: string): Refresh => {
    const before = tokens_of_user(username);
    const brought = before.then(async ({ refreshToken }) =>
      tokens_from(username, await post("/refresh", { refreshToken }, { repeatable: true })),
    );
    const kept = brought.then(
      async (after) => (await keep(await before, after)) ?? after,
      async (error: unknown) => {
        if (!is_coded(error, "invalid_refresh_token")) throw error;
        const others = await keep(await before, undefined);
        if (others === undefined) throw error;
        return others;
      },
    );
    return { username, brought, kept };
  };

  /** One at a time: were the tokens rotated, a second one would come with a token that is used up. */
  const refreshed = async (username: string, signal: AbortSignal | undefined): Promise<string> => {
    signal?.throwIfAborted();
    if (refreshing?.username !== username) {
      const begun = refresh(username);
      refreshing = begun;
      const ended = () => {
        if (refreshing === begun) refreshing = undefined;
      };
      // Also where all who wait for it are aborted: what nobody looks at any more must not end a process.
      begun.kept.then(ended, ended);
    }
    return (await unless_aborted(refreshing.kept, signal)).jwt;
  };

  return {
    async sign_in(credentials, signal) {
      const answer = await post("/login", credentials, { repeatable: false, signal });
      const tokens = tokens_from(answer.credentials, answer);
      await alone(async () => store.set(tokens));
      return tokens;
    },
    async sign_out(signal) {
      const { tokens, under_way } = await alone(async () => {
        const tokens = await store.get();
        await store.set(undefined);
        return { tokens, under_way: refreshing };
      });
      if (tokens === undefined) return;
      // What a refresh brings that is under way is to be revoked in its place; that it fails is no matter here.
      const newest =
        under_way?.username === tokens.username
          ? under_way.brought.catch(() => tokens)
          : Promise.resolve(tokens);
      const { refreshToken } = await unless_aborted(newest, signal);
      await post("/logout", { refreshToken }, { repeatable: true, signal });
    },
    begin() {
      const begun = (async () => (await store.get())?.username)();
      // It is looked at when a token is needed, which may be much later, or never.
      begun.catch(() => {});
      const now = async () => tokens_of_user(await begun);
      return {
        async token(signal) {
          const { username, jwt, expiresAt } = await now();
          return Date.now() < expiresAt - RENEWED_BEFORE_MS ? jwt : refreshed(username, signal);
        },
        async token_after(refused, signal) {
          const { username, jwt } = await now();
          return jwt === refused ? refreshed(username, signal) : jwt;
        },
      };
    },
  };
}

const tokens_from = (
  username: string,
  { jwt, expiresIn, refreshToken }: Schemas["RefreshResponse"],
): Tokens => ({ username, jwt, refreshToken, expiresAt: Date.now() + expiresIn * 1_000 });

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
