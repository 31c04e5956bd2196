/** Owns what a format is: it turns rows into the bytes of a file, the same bytes for the same rows wherever an attempt begins. */
import type { Batch } from './table.ts';
import type { OutBuffer } from './out-buffer.ts';

/** Makes one file. It appends to what `out` gives at the time: a part ends between two calls. */
export interface Format {
  /** What stands before the first row. */
  begin(out: OutBuffer): void;
  /** One row. A format may keep rows back; they are in the bytes by the next time that `isSettled`. */
  row(batch: Batch, row: number, out: OutBuffer): void;
  /** True when all rows so far are in the bytes. */
  readonly isSettled: boolean;
  /** What stands behind the last row, rows that were kept back included. */
  end(out: OutBuffer): void;
  /** What the next attempt needs beside the bytes of the part that ends here. Undefined: nothing. */
  takeState(): string | undefined;
  /** Goes on behind so many bytes, with the states of all parts before. */
  resume(bytes: number, states: AsyncIterable<string>): Promise<void>;
}
