/**
 * Owns how rows travel from a source to a format: as text cells, many rows in one buffer, so that millions of rows make no
 * objects. The layout of a row is that of PostgreSQL's protocol: for each cell its length as a 32-bit number (−1: null) and
 * its UTF-8 bytes. It is unambiguous, so a hash over it tells rows apart.
 */

/**
 * What the text of a column's cells is.
 * `boolean`: begins with t or f · `integer`: fits 32 bits · `bigint`: fits 64 bits · `float`: a number, `NaN` or `[-]Infinity` ·
 * `decimal`: digits, exact, or `NaN` or `[-]Infinity` · `date`, `timestamp`, `timestamptz`: as PostgreSQL writes them in ISO style ·
 * `json`: JSON · `binary`: hex after `\x`
 */
export type ColumnType =
  | 'text'
  | 'boolean'
  | 'integer'
  | 'bigint'
  | 'float'
  | 'decimal'
  | 'date'
  | 'timestamp'
  | 'timestamptz'
  | 'json'
  | 'binary';

export interface Column {
  readonly name: string;
  readonly type: ColumnType;
  /** Of a decimal: its digits, and how many of them stand behind the point. Absent: any number. */
  readonly precision?: number;
  readonly scale?: number;
}

/** Rows that stand side by side in a buffer. Valid until its source is asked for the next. */
export interface Batch {
  readonly bytes: Buffer;
  /** Where the first row begins. */
  readonly start: number;
  readonly rows: number;
  /** Where each row ends, and the next begins. */
  readonly rowEnds: Int32Array;
  /** Start and end of each cell, row by row; start −1: null. */
  readonly cells: Int32Array;
}

/** What a source is once it is opened. */
export interface OpenSource {
  readonly columns: readonly Column[];
  /** How many rows are expected. Undefined: not known. */
  readonly estimatedRows: number | undefined;
  /** All rows. The same data give the same rows in the same order. */
  batches(): AsyncIterable<Batch>;
  /** Lets go of everything. Harmless when called twice. */
  close(): Promise<void>;
}

const FIRST_BYTES = 64 * 1024;
const FIRST_ROWS = 256;
const LENGTH_BYTES = 4;
const MOST_BYTES_OF_CHARACTER = 3;

/** A larger copy of an array of numbers, or the array itself when `length` fits. */
export function grown(array: Int32Array, length: number): Int32Array {
  if (length <= array.length) return array;
  const larger = new Int32Array(Math.max(length, array.length * 2));
  larger.set(array);
  return larger;
}

/** Makes batches cell by cell, for sources whose bytes do not have the layout already. */
export class BatchBuilder implements Batch {
  bytes: Buffer = Buffer.allocUnsafe(FIRST_BYTES);
  readonly start = 0;
  rows = 0;
  rowEnds: Int32Array = new Int32Array(FIRST_ROWS);
  cells: Int32Array = new Int32Array(FIRST_ROWS);
  /** Bytes so far, of the cell that is begun as well. */
  length = 0;
  #cellStart = 0;
  #cellCount = 0;

  clear(): void {
    this.rows = 0;
    this.length = 0;
    this.#cellCount = 0;
  }

  beginCell(): void {
    this.#reserve(LENGTH_BYTES);
    this.length += LENGTH_BYTES;
    this.#cellStart = this.length;
  }

  /** More of the cell that is begun. */
  extend(from: Buffer, start: number, end: number): void {
    this.#reserve(end - start);
    this.length += from.copy(this.bytes, this.length, start, end);
  }

  /** What the cell that is begun has so far. */
  get cell(): Buffer {
    return this.bytes.subarray(this.#cellStart, this.length);
  }

  endCell(): void {
    this.bytes.writeInt32BE(this.length - this.#cellStart, this.#cellStart - LENGTH_BYTES);
    this.#addCell(this.#cellStart, this.length);
  }

  /** Makes the cell that is begun, and has nothing yet, a null. */
  endAsNull(): void {
    this.bytes.writeInt32BE(-1, this.#cellStart - LENGTH_BYTES);
    this.#addCell(-1, -1);
  }

  /** A whole cell. */
  add(text: string | null): void {
    this.beginCell();
    if (text === null) {
      this.endAsNull();
      return;
    }
    this.#reserve(text.length * MOST_BYTES_OF_CHARACTER);
    this.length += this.bytes.write(text, this.length, 'utf8');
    this.endCell();
  }

  endRow(): void {
    this.rowEnds = grown(this.rowEnds, this.rows + 1);
    this.rowEnds[this.rows] = this.length;
    this.rows += 1;
  }

  #addCell(start: number, end: number): void {
    this.cells = grown(this.cells, this.#cellCount + 2);
    this.cells[this.#cellCount] = start;
    this.cells[this.#cellCount + 1] = end;
    this.#cellCount += 2;
  }

  #reserve(bytes: number): void {
    if (this.length + bytes <= this.bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.length + bytes, this.bytes.length * 2));
    this.bytes.copy(larger, 0, 0, this.length);
    this.bytes = larger;
  }
}
