/**
 * Owns the reading of CSV files: RFC 4180 with line ends `\n` or `\r\n`, a header line with the names. A cell that is empty
 * and has no quotes is null, as PostgreSQL's COPY writes and reads it. All columns are text. A line with nothing is passed over,
 * unless there is one column only.
 */
import { isUtf8 } from 'node:buffer';
import { JobError } from '../../contract/errors.ts';
import type { AllowedFile } from './allowed-file.ts';
import { checkColumnCount, checkColumns } from './source-columns.ts';
import { type Batch, BatchBuilder, type Column, type OpenSource } from './table.ts';

export interface CsvSourceOptions {
  readonly delimiter: string;
  readonly maxRowBytes: number;
}

/** Where the reader is: at the start of a cell, in one, in its quotes, behind a quote in there, behind a carriage return. */
type State = 'start' | 'plain' | 'quoted' | 'behind-quote' | 'behind-return';

const QUOTE = 0x22;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const BOM = Buffer.from('\ufeff');
const BATCH_BYTES = 256 * 1024;

/** @throws JobError `source-unreadable`, `limit-exceeded` */
export async function openCsv(file: AllowedFile, options: CsvSourceOptions): Promise<OpenSource> {
  let columns: readonly Column[] | undefined;
  let bytesPerRow = 1;
  for await (const batch of new CsvReader(options).read(file.pieces())) {
    columns = checkColumns(namesIn(batch).map((name) => ({ name, type: 'text' })));
    bytesPerRow = Math.max(1, (batch.rowEnds[batch.rows - 1] ?? 0) / batch.rows);
    break;
  }
  if (columns === undefined) throw new JobError('source-unreadable', 'The CSV file has no header line.');
  return {
    columns,
    estimatedRows: Math.round(file.bytes / bytesPerRow),
    close: () => file.close(),
    batches: () => withoutHeader(new CsvReader(options).read(file.pieces())),
  };
}

function namesIn({ bytes, cells, rowEnds }: Batch): string[] {
  const names: string[] = [];
  const [end = 0] = rowEnds;
  for (let cell = 0; ; cell += 2) {
    const start = cells[cell] ?? -1;
    const cellEnd = cells[cell + 1] ?? -1;
    if (start === -1) throw new JobError('source-unreadable', `Column ${names.length + 1} of the CSV file has no name in the header line.`);
    names.push(bytes.toString('utf8', start, cellEnd));
    if (cellEnd === end) return names;
  }
}

async function* withoutHeader(batches: AsyncIterable<Batch>): AsyncGenerator<Batch, void, undefined> {
  let isFirst = true;
  for await (const batch of batches) {
    if (!isFirst) yield batch;
    else if (batch.rows > 1) yield behindFirstRow(batch);
    isFirst = false;
  }
}

function behindFirstRow(batch: Batch): Batch {
  const [start = 0] = batch.rowEnds;
  const columns = namesIn(batch).length;
  return {
    ...batch,
    bytes: batch.bytes,
    start,
    rows: batch.rows - 1,
    rowEnds: batch.rowEnds.subarray(1),
    cells: batch.cells.subarray(columns * 2),
  };
}

class CsvReader {
  readonly #delimiter: number;
  readonly #maxRowBytes: number;
  readonly #batch = new BatchBuilder();
  #state: State = 'start';
  #isQuoted = false;
  #rowStart = 0;
  #cellsInRow = 0;
  #columns: number | undefined;
  /** The header is row 0. */
  #row = 0;

  constructor({ delimiter, maxRowBytes }: CsvSourceOptions) {
    this.#delimiter = delimiter.charCodeAt(0);
    this.#maxRowBytes = maxRowBytes;
  }

  /** All rows, the header included. */
  async *read(pieces: AsyncIterable<Buffer>): AsyncGenerator<Batch, void, undefined> {
    const batch = this.#batch;
    batch.beginCell();
    let isFirst = true;
    for await (const piece of pieces) {
      const from = isFirst && piece.subarray(0, BOM.length).equals(BOM) ? BOM.length : 0;
      isFirst = false;
      for (let at = from; at < piece.length;) {
        at = this.#take(piece, at);
        if (batch.length < BATCH_BYTES || this.#cellsInRow > 0 || this.#state !== 'start') continue;
        yield batch;
        this.#clear();
      }
    }
    this.#endOfFile();
    if (batch.rows > 0) yield batch;
  }

  #clear(): void {
    this.#batch.clear();
    this.#rowStart = 0;
    this.#batch.beginCell();
  }

  /** Takes what begins at `at`: a run of bytes that mean nothing, or one that does. Gives where the next begins. */
  #take(piece: Buffer, at: number): number {
    const byte = piece[at] ?? 0;
    const isInCell = this.#state === 'quoted' || this.#state === 'plain' || this.#state === 'start';
    const end = isInCell ? this.#endOfRun(piece, at) : at;
    if (end > at) {
      if (this.#state === 'start') this.#state = 'plain';
      this.#batch.extend(piece, at, end);
      this.#checkSize();
      return end;
    }
    if (this.#state === 'quoted') this.#state = 'behind-quote';
    else if (byte === QUOTE) this.#quote(piece, at);
    else this.#mark(byte);
    return at + 1;
  }

  #endOfRun(piece: Buffer, at: number): number {
    let end = at;
    if (this.#state === 'quoted') {
      const quote = piece.indexOf(QUOTE, at);
      return quote === -1 ? piece.length : quote;
    }
    for (; end < piece.length; end += 1) {
      const byte = piece[end];
      if (byte === this.#delimiter || byte === LINE_FEED || byte === CARRIAGE_RETURN || byte === QUOTE) break;
    }
    return end;
  }

  #quote(piece: Buffer, at: number): void {
    if (this.#state === 'start') this.#isQuoted = true;
    else if (this.#state === 'behind-quote') this.#batch.extend(piece, at, at + 1);
    else throw this.#problem('has a quote in a cell that does not begin with one');
    this.#state = 'quoted';
  }

  /** A delimiter or a line end, outside of quotes. */
  #mark(byte: number): void {
    if (byte === LINE_FEED) return this.#endRow();
    if (this.#state === 'behind-return') throw this.#problem('has a carriage return outside of quotes that ends no line');
    if (byte === CARRIAGE_RETURN) {
      this.#state = 'behind-return';
      return undefined;
    }
    if (byte !== this.#delimiter) throw this.#problem('has something behind the quotes of a cell');
    this.#endCell();
    this.#batch.beginCell();
    this.#state = 'start';
    return undefined;
  }

  #endCell(): void {
    const batch = this.#batch;
    const { cell } = batch;
    if (!isUtf8(cell)) throw this.#problem(`has bytes in cell ${this.#cellsInRow + 1} that are no valid UTF-8`);
    if (cell.length === 0 && !this.#isQuoted) batch.endAsNull();
    else batch.endCell();
    this.#isQuoted = false;
    this.#cellsInRow += 1;
    if (this.#columns === undefined) checkColumnCount(this.#cellsInRow);
  }

  #endRow(): void {
    const batch = this.#batch;
    const isEmpty = this.#cellsInRow === 0 && batch.cell.length === 0 && !this.#isQuoted;
    if (!isEmpty || this.#columns === 1) {
      this.#endCell();
      this.#columns ??= this.#cellsInRow;
      if (this.#cellsInRow !== this.#columns)
        throw this.#problem(`has ${this.#cellsInRow} cells, and the header line has ${this.#columns}`);
      batch.endRow();
      batch.beginCell();
      this.#row += 1;
    }
    this.#rowStart = batch.length;
    this.#cellsInRow = 0;
    this.#state = 'start';
  }

  #endOfFile(): void {
    if (this.#state === 'quoted') throw this.#problem('has a quote that is not closed');
    if (this.#state === 'behind-return') throw this.#problem('has a carriage return outside of quotes that ends no line');
    const isBegun = this.#cellsInRow > 0 || this.#state !== 'start';
    if (isBegun) this.#endRow();
  }

  #checkSize(): void {
    if (this.#batch.length - this.#rowStart <= this.#maxRowBytes) return;
    throw new JobError(
      'limit-exceeded',
      `Row ${this.#row} of the CSV file is larger than ${this.#maxRowBytes} bytes, the most that is exported. Is a quote not closed?`,
      {
        details: { limit: 'maxRowBytes', row: this.#row, maxRowBytes: this.#maxRowBytes },
      },
    );
  }

  #problem(what: string): JobError {
    const row = this.#row === 0 ? 'The header line' : `Row ${this.#row}`;
    return new JobError('source-unreadable', `${row} of the CSV file ${what}.`, { details: { row: this.#row } });
  }
}
