/** Owns JSON, an array with an object a line, and NDJSON, an object a line. A null cell is `null`: every object has every key. */
import type { Format } from './format.ts';
import { appendJson, MOST_BYTES_OF_BYTE } from './json-text.ts';
import type { OutBuffer } from './out-buffer.ts';
import type { Batch, Column } from './table.ts';

const NULL = Buffer.from('null');
const END_OF_ROW = Buffer.from('}');
const LINE_END = Buffer.from('\n');
/** Of a cell: quotes, or `false`. */
const CELL_MARGIN = 8;

export class JsonFormat implements Format {
  readonly isSettled = true;
  readonly #columns: readonly Column[];
  /** What stands before the value of each column. */
  readonly #keys: readonly Buffer[];
  readonly #keyBytes: number;
  readonly #isArray: boolean;
  #isFirst = true;

  /** @param isArray true: JSON; false: NDJSON */
  constructor(columns: readonly Column[], { isArray }: { readonly isArray: boolean }) {
    this.#columns = columns;
    this.#keys = columns.map(({ name }, index) => Buffer.from(`${index === 0 ? '{' : ','}${JSON.stringify(name)}:`));
    this.#keyBytes = this.#keys.reduce((sum, { length }) => sum + length, 0);
    this.#isArray = isArray;
  }

  begin(out: OutBuffer): void {
    if (this.#isArray) out.append(Buffer.from('['));
  }

  row(batch: Batch, row: number, out: OutBuffer): void {
    const { bytes, start: batchStart, cells, rowEnds } = batch;
    const count = this.#columns.length;
    const rowBytes = (rowEnds[row] ?? 0) - (row === 0 ? batchStart : (rowEnds[row - 1] ?? 0));
    out.reserve(rowBytes * MOST_BYTES_OF_BYTE + count * CELL_MARGIN + this.#keyBytes + CELL_MARGIN);
    if (this.#isArray) out.append(Buffer.from(this.#isFirst ? '\n' : ',\n'));
    this.#isFirst = false;
    for (let column = 0; column < count; column += 1) {
      copyInto(out, this.#keys[column] ?? END_OF_ROW);
      const cell = (row * count + column) * 2;
      const start = cells[cell] ?? -1;
      if (start === -1) copyInto(out, NULL);
      else appendJson(this.#columns[column]?.type ?? 'text', { bytes, start, end: cells[cell + 1] ?? start }, out);
    }
    copyInto(out, END_OF_ROW);
    if (!this.#isArray) copyInto(out, LINE_END);
  }

  end(out: OutBuffer): void {
    if (this.#isArray) out.append(Buffer.from('\n]\n'));
  }

  takeState(): undefined {
    return undefined;
  }

  resume(): Promise<void> {
    this.#isFirst = false;
    return Promise.resolve();
  }
}

/** There is room for it. */
function copyInto(out: OutBuffer, more: Buffer): void {
  out.length += more.copy(out.bytes, out.length);
}
