/**
 * Owns Parquet files: rows in groups of at most 10 000 rows or some 4 MB, compressed with Snappy. The description of the
 * groups, which stands at the end of the file, is kept with each part, so that a later attempt can write it.
 */
import type { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import type { Format } from './format.ts';
import type { OutBuffer } from './out-buffer.ts';
import { type ParquetColumn, parquetColumn } from './parquet-values.ts';
import type { Batch, Column } from './table.ts';

/** Smaller groups take less memory, and hold the event loop for a shorter time. */
const GROUP_ROWS = 10_000;
const GROUP_BYTES = 4 * 1024 * 1024;
const CREATED_BY = 'holdfast';

type RowGroup = ParquetWriter['row_groups'][number];

export async function parquetFormat(columns: readonly Column[]): Promise<Format> {
  // Only who exports Parquet loads its writer.
  const { ByteWriter, ParquetWriter } = await import('hyparquet-writer');
  const writer = new ByteWriter(GROUP_BYTES);
  const mapped = columns.map(parquetColumn);
  const root = { name: 'root', num_children: columns.length };
  const file = new ParquetWriter({ writer, schema: [root, ...mapped.map(({ element }) => element)], createdBy: CREATED_BY });
  return new ParquetFormat(mapped, writer, file);
}

class ParquetFormat implements Format {
  readonly #columns: readonly ParquetColumn[];
  readonly #writer: ByteWriter;
  readonly #file: ParquetWriter;
  #values: unknown[][];
  #rows = 0;
  #rowBytes = 0;
  /** Groups whose description was given away with the parts. */
  #described = 0;

  constructor(columns: readonly ParquetColumn[], writer: ByteWriter, file: ParquetWriter) {
    this.#columns = columns;
    this.#writer = writer;
    this.#file = file;
    this.#values = columns.map(() => []);
  }

  get isSettled(): boolean {
    return this.#rows === 0;
  }

  begin(out: OutBuffer): void {
    // The writer begins with the mark of the format.
    this.#hand(out);
  }

  row({ bytes, start, cells, rowEnds }: Batch, row: number, out: OutBuffer): void {
    const count = this.#columns.length;
    for (let column = 0; column < count; column += 1) {
      const cell = (row * count + column) * 2;
      const from = cells[cell] ?? -1;
      this.#values[column]?.push(from === -1 ? null : this.#columns[column]?.value(bytes, from, cells[cell + 1] ?? from));
    }
    this.#rows += 1;
    this.#rowBytes += (rowEnds[row] ?? 0) - (row === 0 ? start : (rowEnds[row - 1] ?? 0));
    if (this.#rows >= GROUP_ROWS || this.#rowBytes >= GROUP_BYTES) this.#endGroup(out);
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
    const columnData = this.#columns.map(({ element, statistics }, index) => ({
      name: element.name,
      data: this.#values[index] ?? [],
      statistics,
      offsetIndex: false,
    }));
    void this.#file.write({ columnData, rowGroupSize: this.#rows });
    // They would be written at the end of the file, and there are none.
    this.#file.pendingIndexes.length = 0;
    this.#hand(out);
    this.#values = this.#columns.map(() => []);
    this.#rows = 0;
    this.#rowBytes = 0;
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
