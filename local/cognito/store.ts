/** What the user pool keeps: one SQLite file with the pool's settings, users, sign-ins and codes. */
import { chmodSync, closeSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import * as z from "zod";

export const USER_STATUSES = ["UNCONFIRMED", "CONFIRMED", "FORCE_CHANGE_PASSWORD"] as const;

/** Times are in milliseconds since 1970. */
export interface User {
  /** A UUID, and also the user name: that is how pools whose users sign in by e-mail work. */
  readonly sub: string;
  readonly email: string;
  readonly email_verified: boolean;
  readonly status: (typeof USER_STATUSES)[number];
  readonly enabled: boolean;
  readonly password_hash: string | null;
  readonly password_set_at: number;
  /** Standard attributes other than sub, email and email_verified. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly created_at: number;
  readonly modified_at: number;
}

/** One sign-in: the refresh token and every access token that came of it share its origin_jti. */
export interface SignIn {
  readonly origin_jti: string;
  readonly sub: string;
  readonly refresh_hash: string;
  readonly auth_time: number;
  readonly expires_at: number;
  readonly revoked: boolean;
}

export type CodeKind = "sign_up" | "forgot_password";

export interface StoredCode {
  readonly code_hash: string;
  readonly expires_at: number;
  readonly failures: number;
}

export interface Store {
  setting(name: string): string | undefined;
  set_setting(name: string, value: string): void;

  /** False when the e-mail is taken, whatever its case. */
  add_user(user: User): boolean;
  user_by_sub(sub: string): User | undefined;
  user_by_email(email: string): User | undefined;
  /** Changes only what is named, so that two requests at once cannot undo each other. */
  update_user(sub: string, changes: Partial<Omit<User, "sub" | "email" | "created_at">>): void;
  /** Deletes the user's sign-ins and codes as well. */
  delete_user(sub: string): void;
  /** In the order of `sub`, which is how a page can be continued. */
  list_users(after_sub: string): User[];

  add_sign_in(sign_in: SignIn): void;
  sign_in_by_refresh_hash(refresh_hash: string): SignIn | undefined;
  sign_in_by_origin(origin_jti: string): SignIn | undefined;
  revoke_sign_in(origin_jti: string): void;
  revoke_sign_ins_of(sub: string): void;
  /** Drops what expired before this time (milliseconds since 1970). */
  forget_sign_ins_before(time: number): void;

  put_code(sub: string, kind: CodeKind, code: StoredCode): void;
  code(sub: string, kind: CodeKind): StoredCode | undefined;
  count_code_failure(sub: string, kind: CodeKind): void;
  delete_code(sub: string, kind: CodeKind): void;

  /** All of `work` or, when it throws, none of it. */
  transaction(work: () => void): void;
  close(): void;
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS user (
    sub TEXT PRIMARY KEY,
    email TEXT NOT NULL,
    email_key TEXT NOT NULL UNIQUE,
    email_verified INTEGER NOT NULL,
    status TEXT NOT NULL,
    enabled INTEGER NOT NULL,
    password_hash TEXT,
    password_set_at INTEGER NOT NULL,
    attributes TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS sign_in (
    origin_jti TEXT PRIMARY KEY,
    sub TEXT NOT NULL REFERENCES user (sub) ON DELETE CASCADE,
    refresh_hash TEXT NOT NULL UNIQUE,
    auth_time INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    revoked INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS sign_in_sub ON sign_in (sub);
  CREATE TABLE IF NOT EXISTS code (
    sub TEXT NOT NULL REFERENCES user (sub) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    code_hash TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    failures INTEGER NOT NULL,
    PRIMARY KEY (sub, kind)
  ) STRICT;
`;

const flag = z.number().transform((value) => value !== 0);

const user_row = z.object({
  sub: z.string(),
  email: z.string(),
  email_verified: flag,
  status: z.enum(USER_STATUSES),
  enabled: flag,
  password_hash: z.string().nullable(),
  password_set_at: z.number(),
  attributes: z
    .string()
    .transform((text): unknown => JSON.parse(text))
    .pipe(z.record(z.string(), z.string())),
  created_at: z.number(),
  modified_at: z.number(),
});

const sign_in_row = z.object({
  origin_jti: z.string(),
  sub: z.string(),
  refresh_hash: z.string(),
  auth_time: z.number(),
  expires_at: z.number(),
  revoked: flag,
});

const code_row = z.object({ code_hash: z.string(), expires_at: z.number(), failures: z.number() });
const setting_row = z.object({ value: z.string() });

/** SQLite has no booleans and no objects: 0 or 1 for the first, JSON for the second. */
function column_value(value: string | number | boolean | null | object): SQLInputValue {
  if (typeof value === "boolean") return Number(value);
  return typeof value === "object" && value !== null ? JSON.stringify(value) : value;
}

/** Column names and values of what is set. The names are the keys of our own types, never a client's. */
function columns(fields: object): [name: string, value: SQLInputValue][] {
  return Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => [name, column_value(value)]);
}

/** An e-mail address is found whatever its case. */
function email_key(email: string): string {
  return email.toLowerCase();
}

/** Opens the file, made with mode 0600 when it is not there; SQLite gives its journal the same mode. */
function open_database(path: string): DatabaseSync {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  closeSync(openSync(path, "a", 0o600));
  chmodSync(path, 0o600);
  const database = new DatabaseSync(path);
  try {
    database.exec("PRAGMA busy_timeout = 2000; PRAGMA journal_mode = WAL;");
    database.exec(SCHEMA);
    return database;
  } catch (cause) {
    database.close();
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`The user pool's file ${path} cannot be opened: ${reason}.`, { cause });
  }
}

export function open_store(path: string): Store {
  const database = open_database(path);

  function insert(table: "user" | "sign_in", fields: object): void {
    const set = columns(fields);
    const names = set.map(([name]) => name).join(", ");
    const places = set.map(() => "?").join(", ");
    database
      .prepare(`INSERT INTO ${table} (${names}) VALUES (${places})`)
      .run(...set.map(([, value]) => value));
  }

  function one<Row>(schema: z.ZodType<Row>, query: string, ...values: SQLInputValue[]): Row | undefined {
    const row = database.prepare(query).get(...values);
    return row === undefined ? undefined : schema.parse(row);
  }

  function run(statement: string, ...values: SQLInputValue[]): void {
    database.prepare(statement).run(...values);
  }

  const user_by_email = (email: string) =>
    one(user_row, "SELECT * FROM user WHERE email_key = ?", email_key(email));

  return {
    setting: (name) => one(setting_row, "SELECT value FROM setting WHERE name = ?", name)?.value,
    set_setting: (name, value) =>
      run("INSERT INTO setting VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value", name, value),

    add_user(user) {
      if (user_by_email(user.email) !== undefined) return false;
      insert("user", { ...user, email_key: email_key(user.email) });
      return true;
    },
    user_by_sub: (sub) => one(user_row, "SELECT * FROM user WHERE sub = ?", sub),
    user_by_email,
    update_user(sub, changes) {
      const set = columns(changes);
      if (set.length === 0) return;
      const assignments = set.map(([name]) => `${name} = ?`).join(", ");
      run(`UPDATE user SET ${assignments} WHERE sub = ?`, ...set.map(([, value]) => value), sub);
    },
    delete_user: (sub) => run("DELETE FROM user WHERE sub = ?", sub),
    list_users: (after_sub) =>
      database
        .prepare("SELECT * FROM user WHERE sub > ? ORDER BY sub")
        .all(after_sub)
        .map((row) => user_row.parse(row)),

    add_sign_in: (sign_in) => insert("sign_in", sign_in),
    sign_in_by_refresh_hash: (refresh_hash) =>
      one(sign_in_row, "SELECT * FROM sign_in WHERE refresh_hash = ?", refresh_hash),
    sign_in_by_origin: (origin_jti) =>
      one(sign_in_row, "SELECT * FROM sign_in WHERE origin_jti = ?", origin_jti),
    revoke_sign_in: (origin_jti) => run("UPDATE sign_in SET revoked = 1 WHERE origin_jti = ?", origin_jti),
    revoke_sign_ins_of: (sub) => run("UPDATE sign_in SET revoked = 1 WHERE sub = ?", sub),
    forget_sign_ins_before: (time) => run("DELETE FROM sign_in WHERE expires_at < ?", time),

    put_code: (sub, kind, code) =>
      run(
        "INSERT OR REPLACE INTO code VALUES (?, ?, ?, ?, ?)",
        sub,
        kind,
        code.code_hash,
        code.expires_at,
        code.failures,
      ),
    code: (sub, kind) => one(code_row, "SELECT * FROM code WHERE sub = ? AND kind = ?", sub, kind),
    count_code_failure: (sub, kind) =>
      run("UPDATE code SET failures = failures + 1 WHERE sub = ? AND kind = ?", sub, kind),
    delete_code: (sub, kind) => run("DELETE FROM code WHERE sub = ? AND kind = ?", sub, kind),

    transaction(work) {
      database.exec("BEGIN IMMEDIATE");
      try {
        work();
        database.exec("COMMIT");
      } catch (error) {
        database.exec("ROLLBACK");
        throw error;
      }
    },
    close: () => database.close(),
  };
}
