/**
 * Owns Parquet files: rows in groups of at most 10 000 rows or some 4 MB, compressed with Snappy. The description of the
 * groups, which stands at the end of the file, is kept with each part, so that a later attempt can write it.
 */
import type { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import type { Format } from './format.ts';
import { OutBuffer } from './out-buffer.ts';
import { type ParquetColumn, parquetColumn } from './parquet-values.ts';
import { type Batch, type Column, grown } from './table.ts';

/** Smaller groups take less memory, and hold the event loop for a shorter time. */
const GROUP_ROWS = 10_000;
const GROUP_BYTES = 4 * 1024 * 1024;
const FIRST_BYTES = 1024 * 1024;
const FIRST_CELLS = 64 * 1024;
const CREATED_BY = 'holdfast';

type RowGroup = ParquetWriter['row_groups'][number];

export async function parquetFormat(columns: readonly Column[]): Promise<Format> {
  // Only who exports Parquet loads its writer.
  const { ByteWriter, ParquetWriter } = await import('hyparquet-writer');
  const writer = new ByteWriter(FIRST_BYTES);
  const mapped = columns.map(parquetColumn);
  const root = { name: 'root', num_children: columns.length };
  const file = new ParquetWriter({ writer, schema: [root, ...mapped.map(({ element }) => element)], createdBy: CREATED_BY });
  return new ParquetFormat(mapped, writer, file);
}

class ParquetFormat implements Format {
  readonly #columns: readonly ParquetColumn[];
  readonly #writer: ByteWriter;
  readonly #file: ParquetWriter;
  /** The rows of the group as they came. They become values when it ends, a column at a time: all at once would take much more memory. */
  readonly #rowBytes = new OutBuffer(FIRST_BYTES);
  /** Start and end of each cell in there, row by row; start −1: null. */
  #cells: Int32Array = new Int32Array(FIRST_CELLS);
  #rows = 0;
  /** Groups whose description was given away with the parts. */
  #described = 0;

  constructor(columns: readonly ParquetColumn[], writer: ByteWriter, file: ParquetWriter) {
    this.#columns = columns;
    this.#writer = writer;
    this.#file = file;
  }

  get isSettled(): boolean {
    return this.#rows === 0;
  }

  begin(out: OutBuffer): void {
    // The writer begins with the mark of the format.
    this.#hand(out);
  }

  row({ bytes, start, cells, rowEnds }: Batch, row: number, out: OutBuffer): void {
    const numbers = this.#columns.length * 2;
    const rowStart = row === 0 ? start : (rowEnds[row - 1] ?? 0);
    const moved = this.#rowBytes.length - rowStart;
    this.#rowBytes.append(bytes.subarray(rowStart, rowEnds[row]));
    this.#cells = grown(this.#cells, (this.#rows + 1) * numbers);
    const [from, to] = [row * numbers, this.#rows * numbers];
    for (let index = 0; index < numbers; index += 1) {
      const place = cells[from + index] ?? -1;
      this.#cells[to + index] = place === -1 ? -1 : place + moved;
    }
    this.#rows += 1;
    if (this.#rows >= GROUP_ROWS || this.#rowBytes.length >= GROUP_BYTES) this.#endGroup(out);
  }

  end(out: OutBuffer): void {
    if (this.#rows > 0) this.#endGroup(out);
    void this.#file.finish();
    this.#hand(out);
  }

  takeState(): string {
    const groups = this.#file.row_groups.slice(this.#described);
    this.#described = this.#file.row_groups.length;
    return JSON.stringify(groups, pack);
  }

  async resume(bytes: number, states: AsyncIterable<string>): Promise<void> {
    this.#writer.index = 0;
    this.#writer.offset = bytes;
    for await (const state of states) {
      for (const group of JSON.parse(state, unpack) as RowGroup[]) {
        this.#file.row_groups.push(group);
        this.#file.num_rows += group.num_rows;
      }
    }
    this.#described = this.#file.row_groups.length;
  }

  #endGroup(out: OutBuffer): void {
    const valuesOf = (column: number): unknown[] => this.#valuesOf(column);
    const columnData = this.#columns.map(({ element, statistics }, index) => ({
      name: element.name,
      // Asked for when the column's turn has come.
      get data() {
        return valuesOf(index);
      },
      statistics,
      offsetIndex: false,
    }));
    void this.#file.write({ columnData, rowGroupSize: this.#rows });
    // They would be written at the end of the file, and there are none.
    this.#file.pendingIndexes.length = 0;
    this.#hand(out);
    this.#rows = 0;
    this.#rowBytes.length = 0;
  }

  #valuesOf(column: number): unknown[] {
    const { bytes } = this.#rowBytes;
    const count = this.#columns.length;
    const valueOf = this.#columns[column]?.value;
    return Array.from({ length: this.#rows }, (_none, row) => {
      const cell = (row * count + column) * 2;
      const start = this.#cells[cell] ?? -1;
      return start === -1 ? null : valueOf?.(bytes, start, this.#cells[cell + 1] ?? start);
    });
  }

  #hand(out: OutBuffer): void {
    out.append(this.#writer.getBytes());
    this.#writer.index = 0;
  }
}

/** JSON has no word for these: 64-bit numbers, −0 and what is not finite. */
function pack(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return { $: `${value}n` };
  const isSpecial = typeof value === 'number' && (Object.is(value, -0) || !Number.isFinite(value));
  return isSpecial ? { $: Object.is(value, -0) ? '-0' : String(value) } : value;
}

function unpack(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('$' in value)) return value;
  const text = String(value.$);
  return text.endsWith('n') ? BigInt(text.slice(0, -1)) : Number(text);
}
