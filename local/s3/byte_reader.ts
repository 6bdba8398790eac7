/** Reads a stream of byte chunks by lines, by counts and up to a delimiter, holding no more than it must. */

export class ByteReader {
  readonly #source: AsyncIterator<Buffer>;
  readonly #malformed: () => Error;
  #buffer: Buffer = Buffer.alloc(0);

  /** `malformed` makes the error for a stream that ends, or a line that goes on, where it must not. */
  constructor(source: AsyncIterable<Buffer>, malformed: () => Error) {
    this.#source = source[Symbol.asyncIterator]();
    this.#malformed = malformed;
  }

  /** The next line as Latin-1, without the CR LF that ends it. */
  async line(max_length: number): Promise<string> {
    for (;;) {
      const end = this.#buffer.indexOf("\r\n");
      if (end > max_length || (end === -1 && this.#buffer.length > max_length + 1)) throw this.#malformed();
      if (end !== -1) return this.#cut(end, 2).toString("latin1");
      await this.#more();
    }
  }

  /** The next bytes, exactly `count` of them, in as many pieces as they come. */
  async *take(count: number): AsyncGenerator<Buffer> {
    let left = count;
    while (left > 0) {
      if (this.#buffer.length === 0) await this.#more();
      const piece = this.#cut(Math.min(left, this.#buffer.length), 0);
      left -= piece.length;
      yield piece;
    }
  }

  /** The next bytes, exactly `count` of them, in one piece. */
  async exactly(count: number): Promise<Buffer> {
    const pieces: Buffer[] = [];
    for await (const piece of this.take(count)) pieces.push(piece);
    return Buffer.concat(pieces);
  }

  /** The bytes up to the delimiter, which is passed over. */
  async *until(delimiter: Buffer): AsyncGenerator<Buffer> {
    for (;;) {
      const at = this.#buffer.indexOf(delimiter);
      if (at !== -1) {
        const last = this.#cut(at, delimiter.length);
        if (last.length > 0) yield last;
        return;
      }
      // The end of what is here may be the beginning of the delimiter.
      const safe = this.#buffer.length - (delimiter.length - 1);
      if (safe > 0) yield this.#cut(safe, 0);
      await this.#more();
    }
  }

  /** Passes over what is left, and says how many bytes that was. */
  async drain(): Promise<number> {
    let passed = 0;
    do {
      passed += this.#buffer.length;
      this.#buffer = Buffer.alloc(0);
    } while (await this.#fill());
    return passed;
  }

  #cut(length: number, skipped: number): Buffer {
    const piece = this.#buffer.subarray(0, length);
    this.#buffer = this.#buffer.subarray(length + skipped);
    return piece;
  }

  async #more(): Promise<void> {
    if (!(await this.#fill())) throw this.#malformed();
  }

  async #fill(): Promise<boolean> {
    const next = await this.#source.next();
    if (next.done) return false;
    this.#buffer = this.#buffer.length === 0 ? next.value : Buffer.concat([this.#buffer, next.value]);
    return true;
  }
}
