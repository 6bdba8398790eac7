/** Storage for the tests of the archive engine: what is written is there only once all of it has come. */
import { collect } from "./sinks.ts";

/** Commits at the end, as storage does; remembers what was begun, committed and undone. */
export class Storage {
  readonly begun: string[] = [];
  readonly committed = new Map<string, Buffer>();
  readonly undone: string[] = [];
  under_way = 0;
  most_under_way = 0;

  async put(name: string, bytes: AsyncIterable<Uint8Array>, before: () => Promise<void>): Promise<string> {
    this.begun.push(name);
    this.under_way += 1;
    this.most_under_way = Math.max(this.most_under_way, this.under_way);
    try {
      await before();
      this.committed.set(name, await collect(bytes));
      return name;
    } catch (error) {
      this.undone.push(name);
      throw error;
    } finally {
      this.under_way -= 1;
    }
  }
}
