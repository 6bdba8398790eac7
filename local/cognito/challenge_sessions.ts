/** The sessions between a challenge and its answer: random, bound to one user, three minutes, one use. */
import { randomBytes } from "node:crypto";
import { type CognitoError, not_authorized } from "./errors.ts";

/** AuthSessionValidity of the app client; three minutes is Cognito's default. */
export const SESSION_MINUTES = 3;

interface Session {
  sub: string;
  expires_at: number;
  used: boolean;
}

export interface ChallengeSessions {
  open(sub: string): string;
  /** The user that the session is of; throws NotAuthorizedException when it cannot be answered any more. */
  check(session: string): string;
  /** Like `check`, and nobody can use the session again. */
  use(session: string): string;
}

export function invalid_session(): CognitoError {
  return not_authorized("Invalid session for the user.");
}

/** Kept in memory: after a restart the user signs in again. */
export function challenge_sessions(clock: () => Date): ChallengeSessions {
  const sessions = new Map<string, Session>();
  const remember_ms = SESSION_MINUTES * 60 * 1000;

  /** Expired sessions stay as long again, to tell "expired" from "never existed". */
  function forget_old(now: number): void {
    for (const [token, session] of sessions) {
      if (now > session.expires_at + remember_ms) sessions.delete(token);
    }
  }

  function live_session(token: string): Session {
    const session = sessions.get(token);
    if (session === undefined) throw invalid_session();
    if (session.used) throw not_authorized("Invalid session for the user, session can only be used once.");
    if (clock().getTime() >= session.expires_at) {
      throw not_authorized("Invalid session for the user, session is expired.");
    }
    return session;
  }

  return {
    open(sub) {
      const now = clock().getTime();
      forget_old(now);
      const token = randomBytes(64).toString("base64url");
      sessions.set(token, { sub, expires_at: now + remember_ms, used: false });
      return token;
    },
    check: (token) => live_session(token).sub,
    use(token) {
      const session = live_session(token);
      session.used = true;
      return session.sub;
    },
  };
}
