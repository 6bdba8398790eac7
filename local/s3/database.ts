/** SQLite, with every row judged by a schema. */
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import type * as z from "zod";

export class Database {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  /** Throws if another process has the file open: two servers would remove each other's blobs. */
  constructor(file: string, schema: string) {
    this.#database = new DatabaseSync(file);
    try {
      this.#database.exec("PRAGMA locking_mode = EXCLUSIVE");
      this.#database.exec("PRAGMA journal_mode = WAL");
      this.#database.exec("PRAGMA synchronous = NORMAL");
      this.transaction(() => this.#database.exec(schema));
    } catch (error) {
      this.#database.close();
      throw is_locked(error) ? new Error(`Another server has ${file} open.`, { cause: error }) : error;
    }
  }

  close(): void {
    this.#database.close();
  }

  /** Runs the work wholly or not at all; within another transaction, as a part of that one. */
  transaction<T>(work: () => T): T {
    if (this.#database.isTransaction) return work();
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      const result = work();
      this.#database.exec("COMMIT");
      return result;
    } catch (error) {
      this.#database.exec("ROLLBACK");
      throw error;
    }
  }

  get<T>(row: z.ZodType<T>, sql: string, ...values: SQLInputValue[]): T | undefined {
    const found = this.#prepare(sql).get(...values);
    return found === undefined ? undefined : row.parse(found);
  }

  all<T>(row: z.ZodType<T>, sql: string, ...values: SQLInputValue[]): T[] {
    return this.#prepare(sql)
      .all(...values)
      .map((found) => row.parse(found));
  }

  /** Rows that are read from the file only as far as the caller goes. */
  *each<T>(row: z.ZodType<T>, sql: string, ...values: SQLInputValue[]): Generator<T, void, undefined> {
    // A statement of its own, since another one of the same text may be under way.
    for (const found of this.#database.prepare(sql).iterate(...values)) yield row.parse(found);
  }

  run(sql: string, ...values: SQLInputValue[]): void {
    this.#prepare(sql).run(...values);
  }

  #prepare(sql: string): StatementSync {
    const statement = this.#statements.get(sql) ?? this.#database.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }
}

function is_locked(error: unknown): boolean {
  const SQLITE_BUSY = 5;
  return error instanceof Error && "errcode" in error && error.errcode === SQLITE_BUSY;
}
