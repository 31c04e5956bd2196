/** Owns reading lines and counted bytes, in turn, from a stream of chunks. Memory is one chunk and what was asked for. */
const NEWLINE = 10;

export class ByteReader {
  readonly #chunks: AsyncIterator<Buffer>;
  #current: Buffer = Buffer.alloc(0);

  constructor(chunks: AsyncIterable<Buffer>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** The text up to the next newline, or undefined at the end. For short ASCII lines. */
  async line(): Promise<string | undefined> {
    let text = '';
    for (let end = this.#current.indexOf(NEWLINE); ; end = this.#current.indexOf(NEWLINE)) {
      if (end !== -1) return text + this.#take(end + 1).toString('latin1', 0, end);
      text += this.#take(this.#current.length).toString('latin1');
      if (!(await this.#next())) return text === '' ? undefined : text;
    }
  }

  /** The next `length` bytes, fewer at the end. */
  async bytes(length: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    let missing = length;
    while (missing > this.#current.length) {
      missing -= this.#current.length;
      parts.push(this.#take(this.#current.length));
      if (!(await this.#next())) return Buffer.concat(parts);
    }
    parts.push(this.#take(missing));
    return parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
  }

  #take(length: number): Buffer {
    const taken = this.#current.subarray(0, length);
    this.#current = this.#current.subarray(length);
    return taken;
  }

  async #next(): Promise<boolean> {
    const next = await this.#chunks.next();
    if (next.done === true) return false;
    this.#current = next.value;
    return true;
  }
}
