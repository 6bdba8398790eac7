/**
 * The lock-out after wrong passwords, as Cognito documents it ("Lockout behavior for failed sign-in attempts" in
 * the developer guide): from the fifth failure on, n failures lock the user out for 2^(n-5) seconds,
 * up to about 15 minutes; tries during a lock-out fail without counting; a success, or 15 minutes
 * without a try, start anew.
 *
 * Only failures that have been answered count, so tries made at the same time can exceed the five by a few.
 * Kept in memory: a restart of the laptop's server ends every lock-out. Names that no user has are counted
 * too, so that a lock-out does not tell which users exist.
 */

const FREE_FAILURES = 5;
const LONGEST_MS = 15 * 60 * 1000;

interface Tries {
  failures: number;
  locked_until: number;
  last_try: number;
}

export interface SignInAttempts {
  /** Whether the name is locked out now. Counts as a try, not as a failure. */
  locked(name: string): boolean;
  failed(name: string): void;
  succeeded(name: string): void;
}

export function sign_in_attempts(clock: () => Date): SignInAttempts {
  const records = new Map<string, Tries>();

  /** Time passes for all names at once, so that names tried once do not pile up. */
  function forget_idle(now: number): void {
    for (const [name, record] of records) {
      const idle_since = Math.max(record.last_try, record.locked_until);
      if (now - idle_since > LONGEST_MS) records.delete(name);
    }
  }

  return {
    locked(name) {
      const now = clock().getTime();
      forget_idle(now);
      const record = records.get(name);
      if (record === undefined) return false;
      record.last_try = now;
      return now < record.locked_until;
    },
    failed(name) {
      const now = clock().getTime();
      const failures = (records.get(name)?.failures ?? 0) + 1;
      const lock_ms =
        failures < FREE_FAILURES ? 0 : Math.min(2 ** (failures - FREE_FAILURES) * 1000, LONGEST_MS);
      records.set(name, { failures, locked_until: now + lock_ms, last_try: now });
    },
    succeeded(name) {
      records.delete(name);
    },
  };
}
