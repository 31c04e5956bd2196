/** Owns the bytes of a part while they are made: a buffer that grows, written at its end. */

export class OutBuffer {
  bytes: Buffer;
  length = 0;

  constructor(bytes: number) {
    this.bytes = Buffer.allocUnsafe(bytes);
  }

  /** Room for so many more bytes. */
  reserve(bytes: number): void {
    if (this.length + bytes <= this.bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.length + bytes, Math.ceil(this.bytes.length * 1.5)));
    this.bytes.copy(larger, 0, 0, this.length);
    this.bytes = larger;
  }

  append(more: Uint8Array): void {
    this.reserve(more.length);
    this.bytes.set(more, this.length);
    this.length += more.length;
  }

  /** What was written so far. */
  get content(): Buffer {
    return this.bytes.subarray(0, this.length);
  }
}
