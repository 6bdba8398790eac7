/**
 * SQS's standard queues in this process, for messages that S3 sends and Lambda takes: nobody calls SQS's API, so there
 * is no server of it.
 *
 * Every message lies in SQLite, and S3's is there before its object is, so a stack that ends at any moment has lost none,
 * and knows which were tried how often. Looking for objects at the start instead would ask again for all that is done
 * already, and know of no receive counts and no dead letters.
 *
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/standard-queues.html
 */
import { randomUUID } from "node:crypto";
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import * as z from "zod";

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS messages (
    copy INTEGER PRIMARY KEY,
    queue TEXT NOT NULL,
    id TEXT NOT NULL,
    body TEXT NOT NULL,
    sent INTEGER NOT NULL,
    visible INTEGER NOT NULL,
    received INTEGER NOT NULL DEFAULT 0,
    first_received INTEGER,
    receipt TEXT UNIQUE
  ) STRICT;
  CREATE INDEX IF NOT EXISTS messages_in_turn ON messages (queue, visible);
`;

const message_row = z.object({
  id: z.string(),
  body: z.string(),
  /** Milliseconds since the epoch, as all times here. */
  sent: z.number(),
  /** How often it has been received, this time included. */
  received: z.number(),
  first_received: z.number(),
  /** Of this receive; it is good until the next one. */
  receipt: z.string(),
});
export type Message = z.infer<typeof message_row>;

const dead_letter_row = message_row.pick({ id: true, body: true, sent: true, received: true });
export type DeadLetter = z.infer<typeof dead_letter_row>;

export interface QueueSettings {
  readonly name: string;
  /** How long a received message is hidden from others. */
  readonly visibility_timeout_s: number;
  /** A message that has been received so often, and comes again, becomes a dead letter. */
  readonly max_receive_count: number;
  /** Told how many messages have become dead letters now. */
  readonly on_dead?: (messages: number) => void;
}

/**
 * What SQS may do to any message and hardly ever does: each is delivered twice, as two copies with one id and a receive
 * count each, and not in the order of sending. One copy comes soon, one late, when the first may have been dealt with.
 */
export interface Chaos {
  readonly soon_ms: number;
  readonly late_ms: number;
  /** From 0 to less than 1. */
  readonly random: () => number;
}

export const CHAOS: Chaos = { soon_ms: 100, late_ms: 2_000, random: Math.random };

export interface QueuesSettings {
  /** SQLite's; made when it is not there. */
  readonly file: string;
  readonly region: string;
  readonly chaos?: Chaos;
  readonly now?: () => number;
}

/** The file that holds the messages of all queues. */
export class Queues {
  readonly #messages: Messages;
  readonly #settings: QueuesSettings;

  constructor(settings: QueuesSettings) {
    this.#settings = settings;
    this.#messages = new Messages(settings.file);
    // What was received and not deleted when the file was closed: nobody is at it any more.
    this.#messages.run("UPDATE messages SET visible = min(visible, ?)", settings.now?.() ?? Date.now());
  }

  open(settings: QueueSettings): Queue {
    return new Queue(this.#messages, { ...this.#settings, ...settings });
  }

  close(): void {
    this.#messages.close();
  }
}

export class Queue {
  readonly name: string;
  readonly arn: string;
  readonly #messages: Messages;
  readonly #settings: QueuesSettings & QueueSettings;
  readonly #dead_letter_queue: string;
  readonly #watchers = new Set<() => void>();

  /** To be had from Queues. */
  constructor(messages: Messages, settings: QueuesSettings & QueueSettings) {
    this.name = settings.name;
    this.arn = `arn:aws:sqs:${settings.region}:000000000000:${settings.name}`;
    this.#messages = messages;
    this.#settings = settings;
    this.#dead_letter_queue = `${settings.name}-dead-letters`;
  }

  send(body: string): void {
    const id = randomUUID();
    const now = this.#now();
    for (const delay_ms of this.#delays()) {
      this.#messages.run(
        "INSERT INTO messages (queue, id, body, sent, visible) VALUES (?, ?, ?, ?, ?)",
        this.name,
        id,
        body,
        now,
        now + delay_ms,
      );
    }
    this.#tell();
  }

  /** What is visible, up to `max` messages, in their order as far as SQS keeps one. */
  receive(max: number): Message[] {
    const now = this.#now();
    this.#bury(now);
    const in_turn = this.#messages.all(
      z.object({ copy: z.number() }),
      "SELECT copy FROM messages WHERE queue = ? AND visible <= ? ORDER BY visible, copy LIMIT ?",
      this.name,
      now,
      max,
    );
    const hidden_until = now + this.#settings.visibility_timeout_s * 1000;
    return in_turn.map(({ copy }) =>
      this.#messages.one(
        message_row,
        `UPDATE messages
         SET received = received + 1, first_received = coalesce(first_received, ?), visible = ?, receipt = ?
         WHERE copy = ? RETURNING id, body, sent, received, first_received, receipt`,
        now,
        hidden_until,
        randomUUID(),
        copy,
      ),
    );
  }

  /** False, and nothing is deleted, when the message has been received again since. */
  delete(receipt: string): boolean {
    return this.#messages.run("DELETE FROM messages WHERE queue = ? AND receipt = ?", this.name, receipt) > 0;
  }

  /** Shows the message again after so many seconds from now; false when it has been received again since. */
  change_visibility(receipt: string, seconds: number): boolean {
    const changed = this.#messages.run(
      "UPDATE messages SET visible = ? WHERE queue = ? AND receipt = ?",
      this.#now() + Math.round(seconds * 1000),
      this.name,
      receipt,
    );
    this.#tell();
    return changed > 0;
  }

  /** When there will be a message to receive, unless one is sent before; undefined when there are none. */
  next_visible(): number | undefined {
    const { next } = this.#messages.one(
      z.object({ next: z.number().nullable() }),
      "SELECT min(visible) AS next FROM messages WHERE queue = ?",
      this.name,
    );
    return next ?? undefined;
  }

  /** As SQS's ApproximateNumberOfMessages and ApproximateNumberOfMessagesNotVisible, and the number of dead letters. */
  counts(): { visible: number; not_visible: number; dead: number } {
    return this.#messages.one(
      z.object({ visible: z.number(), not_visible: z.number(), dead: z.number() }),
      `SELECT count(*) FILTER (WHERE queue = ?1 AND visible <= ?2) AS visible,
              count(*) FILTER (WHERE queue = ?1 AND visible > ?2) AS not_visible,
              count(*) FILTER (WHERE queue = ?3) AS dead
       FROM messages`,
      this.name,
      this.#now(),
      this.#dead_letter_queue,
    );
  }

  /** The oldest first. */
  dead_letters(): DeadLetter[] {
    return this.#messages.all(
      dead_letter_row,
      "SELECT id, body, sent, received FROM messages WHERE queue = ? ORDER BY sent, copy",
      this.#dead_letter_queue,
    );
  }

  /** Gives all dead letters a new start; returns how many there were. */
  redrive(): number {
    const redriven = this.#messages.run(
      "UPDATE messages SET queue = ?, visible = ?, received = 0, first_received = NULL WHERE queue = ?",
      this.name,
      this.#now(),
      this.#dead_letter_queue,
    );
    this.#tell();
    return redriven;
  }

  /** The listener is called when there may be something to receive sooner than known; returns what ends that. */
  watch(listener: () => void): () => void {
    this.#watchers.add(listener);
    return () => this.#watchers.delete(listener);
  }

  /** A message dies when it would be received once too often, and not before. */
  #bury(now: number): void {
    const dead = this.#messages.run(
      "UPDATE messages SET queue = ?, receipt = NULL WHERE queue = ? AND visible <= ? AND received >= ?",
      this.#dead_letter_queue,
      this.name,
      now,
      this.#settings.max_receive_count,
    );
    if (dead > 0) this.#settings.on_dead?.(dead);
  }

  /** Not at once: whoever sends may be in the midst of a transaction of its own. */
  #tell(): void {
    queueMicrotask(() => {
      for (const listener of this.#watchers) listener();
    });
  }

  /** How long each copy of a message waits, in milliseconds. */
  #delays(): number[] {
    const { chaos } = this.#settings;
    if (chaos === undefined) return [0];
    return [chaos.soon_ms, chaos.late_ms].map((most) => Math.floor(chaos.random() * most));
  }

  #now(): number {
    return this.#settings.now?.() ?? Date.now();
  }
}

/** The table of messages, with statements that are prepared once. */
class Messages {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  constructor(file: string) {
    this.#database = new DatabaseSync(file);
    this.#database.exec("PRAGMA journal_mode = WAL");
    this.#database.exec("PRAGMA synchronous = NORMAL");
    this.#database.exec(SCHEMA);
  }

  close(): void {
    this.#database.close();
  }

  /** Returns how many rows have changed. */
  run(sql: string, ...values: SQLInputValue[]): number {
    return Number(this.#prepare(sql).run(...values).changes);
  }

  one<T>(row: z.ZodType<T>, sql: string, ...values: SQLInputValue[]): T {
    return row.parse(this.#prepare(sql).get(...values));
  }

  all<T>(row: z.ZodType<T>, sql: string, ...values: SQLInputValue[]): T[] {
    return this.#prepare(sql)
      .all(...values)
      .map((found) => row.parse(found));
  }

  #prepare(sql: string): StatementSync {
    const statement = this.#statements.get(sql) ?? this.#database.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }
}
