/**
 * Owns the reading of NDJSON files: a JSON object a line, whose keys are the columns. The file is read twice, first for its
 * columns and their types, so that a key that comes up in the last line has its column, and nothing is written of a broken file.
 */
import { isUtf8 } from 'node:buffer';
import { JobError, messageOf } from '../../contract/errors.ts';
import type { AllowedFile } from './allowed-file.ts';
import { cellText, JsonColumns } from './json-columns.ts';
import { jsonFields, type JsonSlice } from './json-fields.ts';
import { type Batch, BatchBuilder, type Column, type OpenSource } from './table.ts';

export interface NdjsonSourceOptions {
  readonly maxRowBytes: number;
  readonly signal: AbortSignal;
}

const LINE_FEED = 0x0a;
const BATCH_BYTES = 256 * 1024;
const BOM = '\ufeff';
/** Half of a pair, which no UTF-8 can carry. */
const LONE_SURROGATE = /\p{Surrogate}/u;

/** @throws JobError `source-unreadable`, `limit-exceeded` */
export async function openNdjson(file: AllowedFile, options: NdjsonSourceOptions): Promise<OpenSource> {
  const found = new JsonColumns();
  let rows = 0;
  for await (const fields of objectsIn(file.pieces(), options)) {
    found.add(fields);
    rows += 1;
  }
  const { columns } = found;
  return { columns, estimatedRows: rows, close: () => file.close(), batches: () => rowsOf(objectsIn(file.pieces(), options), columns) };
}

/** The batches of some objects. */
export async function* rowsOf(
  objects: AsyncIterable<ReadonlyMap<string, JsonSlice>> | Iterable<ReadonlyMap<string, JsonSlice>>,
  columns: readonly Column[],
): AsyncGenerator<Batch, void, undefined> {
  const batch = new BatchBuilder();
  let row = 0;
  for await (const fields of objects) {
    row += 1;
    for (const { name, type } of columns) {
      const text = cellText(type, fields.get(name));
      if (text !== null && LONE_SURROGATE.test(text))
        throw problem(row, `has half a surrogate pair in ${JSON.stringify(name)}, which UTF-8 cannot carry`);
      batch.add(text);
    }
    batch.endRow();
    if (batch.length < BATCH_BYTES) continue;
    yield batch;
    batch.clear();
  }
  if (batch.rows > 0) yield batch;
}

async function* objectsIn(
  pieces: AsyncIterable<Buffer>,
  { maxRowBytes, signal }: NdjsonSourceOptions,
): AsyncGenerator<ReadonlyMap<string, JsonSlice>, void, undefined> {
  let row = 0;
  for await (const line of linesIn(pieces, maxRowBytes)) {
    signal.throwIfAborted();
    row += 1;
    if (!isUtf8(line)) throw problem(row, 'has bytes that are no valid UTF-8');
    const text = row === 1 ? line.toString('utf8').replace(BOM, '') : line.toString('utf8');
    if (text.trim() === '') continue;
    yield fieldsOf(text, row);
  }
}

function fieldsOf(text: string, line: number): ReadonlyMap<string, JsonSlice> {
  let fields: ReadonlyMap<string, JsonSlice> | undefined;
  try {
    fields = jsonFields(text);
  } catch (error) {
    throw problem(line, `is no JSON: ${messageOf(error)}`);
  }
  if (fields === undefined) throw problem(line, 'is JSON, and no object');
  return fields;
}

/** Lines without their ends. One is valid until the next is asked for. */
async function* linesIn(pieces: AsyncIterable<Buffer>, maxRowBytes: number): AsyncGenerator<Buffer, void, undefined> {
  let begun: Buffer[] = [];
  let length = 0;
  let line = 1;
  for await (const piece of pieces) {
    let start = 0;
    for (let end = piece.indexOf(LINE_FEED); end !== -1; end = piece.indexOf(LINE_FEED, start)) {
      const rest = piece.subarray(start, end);
      yield begun.length === 0 ? rest : Buffer.concat([...begun, rest]);
      begun = [];
      length = 0;
      line += 1;
      start = end + 1;
    }
    if (start === piece.length) continue;
    length += piece.length - start;
    if (length > maxRowBytes) {
      throw new JobError(
        'limit-exceeded',
        `Line ${line} of the NDJSON file is larger than ${maxRowBytes} bytes, the most that is exported.`,
        {
          details: { limit: 'maxRowBytes', line, maxRowBytes },
        },
      );
    }
    begun.push(Buffer.from(piece.subarray(start)));
  }
  if (begun.length > 0) yield Buffer.concat(begun);
}

function problem(line: number, what: string): JobError {
  return new JobError('source-unreadable', `Line ${line} of the source ${what}.`, { details: { line } });
}
