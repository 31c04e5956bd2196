/**
 * Owns one export: from the rows of a source to the file in the storage, and how an attempt goes on where one before it ended.
 *
 * 1. A file holds one state of its source, never parts of two. A query that is run anew sees a snapshot of its own, so the
 *    rows that are in the parts already are read again and compared, by a hash. When they are the same, so is what follows:
 *    all of it is what this snapshot has. When they are not, the export begins anew from its first row.
 * 2. The parts become the file only when their bytes are those that were written, by the hash of them all.
 * 3. The file comes first, then its description, then the parts go. Whoever finds the description finds the file.
 */
import { createHash, type Hash } from 'node:crypto';
import { JobError } from '../../contract/errors.ts';
import type { ExportCheckpoint, ExportSidecar } from '../../jobs/export-data.ts';
import { only, removeFrom, textOf } from '../../storage/contents.ts';
import type { Storage } from '../../storage/storage.ts';
import type { Format } from './format.ts';
import { partKeys, Parts, partsFolder, stateKey, writerFolder } from './parts.ts';
import type { Batch, Column, OpenSource } from './table.ts';

/** What an export is made of. */
export interface ExportPlan {
  readonly storage: Storage;
  /** Key of the job's own folder. */
  readonly folder: string;
  /** Name of the file in it. */
  readonly fileName: string;
  /** Of what decides about the file's bytes, beside the data. */
  readonly recipe: string;
  readonly isGzipped: boolean;
  readonly partBytes: number;
  readonly signal: AbortSignal;
  open(): Promise<OpenSource>;
  format(columns: readonly Column[]): Promise<Format>;
  onRows(rows: number, estimatedRows: number | undefined): void;
  onDurable(checkpoint: ExportCheckpoint): void;
}

export interface ExportedFile extends Pick<ExportSidecar, 'rows' | 'bytes' | 'sha256' | 'columns'> {
  readonly key: string;
}

/** Thrown when an attempt cannot go on where the one before ended. */
export class BeginAnew extends Error {}

/**
 * Makes the parts, unless they are whole, and of them the file.
 * @throws BeginAnew when the data or the parts are not those of the checkpoint
 */
export async function runExport(plan: ExportPlan, checkpoint: ExportCheckpoint | undefined, restarts: number): Promise<ExportedFile> {
  const hash = checkpoint === undefined ? createHash('sha256') : await hashOfParts(plan, checkpoint);
  const whole = checkpoint?.isWhole === true ? checkpoint : await makeParts(plan, checkpoint ?? nothing(plan, restarts), hash);
  return await assemble(plan, whole);
}

function nothing({ recipe }: ExportPlan, restarts: number): ExportCheckpoint {
  const empty = createHash('sha256').digest('hex');
  return { recipe, rows: 0, rowsSha256: empty, bytes: 0, sha256: empty, writers: [], isWhole: false, restarts };
}

/** Reads what the attempts before have written. @throws BeginAnew when it is not there, or not the same any more */
async function hashOfParts(plan: ExportPlan, checkpoint: ExportCheckpoint): Promise<Hash> {
  const hash = createHash('sha256');
  for await (const piece of contentOf(plan, checkpoint)) hash.update(piece);
  if (hash.copy().digest('hex') !== checkpoint.sha256) throw new BeginAnew('The parts are damaged.');
  return hash;
}

async function makeParts(plan: ExportPlan, before: ExportCheckpoint, hash: Hash): Promise<ExportCheckpoint> {
  const source = await plan.open();
  const parts = new Parts(plan, before, hash);
  try {
    const format = await plan.format(source.columns);
    if (before.rows === 0) format.begin(parts.out);
    else await format.resume(before.bytes, statesOf(plan, before));
    const rows = new Rows(source.columns);
    for await (const batch of source.batches()) {
      plan.signal.throwIfAborted();
      const from = rows.skipKnown(batch, before);
      await writeRows(batch, from, { parts, format, rows, signal: plan.signal });
      plan.onRows(rows.count, source.estimatedRows);
    }
    if (rows.count < before.rows) throw new BeginAnew('The source has fewer rows than before.');
    format.end(parts.out);
    await plan.storage.put(columnsKey(plan, parts.writer), only(JSON.stringify(source.columns)));
    await parts.end({ rows: rows.count, rowsSha256: rows.sha256, isWhole: true, state: undefined });
    return await parts.settled();
  } finally {
    // Nothing of this attempt may be written when it has ended.
    await parts.settled().catch(() => undefined);
    await source.close();
  }
}

interface Writing {
  readonly parts: Parts;
  readonly format: Format;
  readonly rows: Rows;
  readonly signal: AbortSignal;
}

async function writeRows(batch: Batch, from: number, { parts, format, rows, signal }: Writing): Promise<void> {
  for (let row = from; row < batch.rows; row += 1) {
    format.row(batch, row, parts.out);
    if (!parts.isFull || !format.isSettled) continue;
    rows.take(batch, row + 1);
    await parts.end({ rows: rows.count, rowsSha256: rows.sha256, isWhole: false, state: format.takeState() });
    signal.throwIfAborted();
  }
  rows.take(batch, batch.rows);
}

/** The rows that were read so far: how many, and the hash of them all as the source gave them. */
class Rows {
  count = 0;
  readonly #hash: Hash;
  /** Of the batch at hand: rows and bytes that are in the hash. */
  #taken = 0;
  #takenBytes = 0;

  constructor(columns: readonly Column[]) {
    this.#hash = createHash('sha256').update(JSON.stringify(columns));
  }

  get sha256(): string {
    return this.#hash.copy().digest('hex');
  }

  /** Begins a batch. Gives its first row that is not in the parts yet. @throws BeginAnew when one that is was another */
  skipKnown(batch: Batch, { rows, rowsSha256 }: ExportCheckpoint): number {
    this.#taken = 0;
    this.#takenBytes = batch.start;
    const known = Math.min(Math.max(rows - this.count, 0), batch.rows);
    if (known === 0) return 0;
    this.take(batch, known);
    if (this.count === rows && this.sha256 !== rowsSha256) throw new BeginAnew('The rows are not the same as before.');
    return known;
  }

  /** Takes the rows of the batch up to `end`. */
  take(batch: Batch, end: number): void {
    if (end === this.#taken) return;
    const endBytes = batch.rowEnds[end - 1] ?? this.#takenBytes;
    this.#hash.update(batch.bytes.subarray(this.#takenBytes, endBytes));
    this.count += end - this.#taken;
    this.#taken = end;
    this.#takenBytes = endBytes;
  }
}

/** Of the parts the file. */
async function assemble(plan: ExportPlan, whole: ExportCheckpoint): Promise<ExportedFile> {
  const { storage, folder, fileName } = plan;
  const columns = await columnsOf(plan, whole);
  // What a run before left: a file of another name, or of another format.
  await removeFrom(storage, folder, ({ key }) => key.startsWith(`${partsFolder(folder)}/`));
  const key = `${folder}/${fileName}`;
  const { rows, bytes, sha256 } = whole;
  try {
    await storage.put(key, contentOf(plan, whole), sha256);
  } catch (error) {
    if (error instanceof JobError && error.code === 'conflict') throw new BeginAnew('The parts are damaged.');
    throw error;
  }
  return { key, rows, bytes, sha256, columns: columns.map(({ name, type }) => ({ name, type })) };
}

/** The bytes of the parts. @throws BeginAnew when one is gone */
async function* contentOf(
  { storage, folder, signal }: ExportPlan,
  checkpoint: ExportCheckpoint,
): AsyncGenerator<Uint8Array, void, undefined> {
  for (const key of partKeys(folder, checkpoint)) {
    for await (const piece of orBeginAnew(storage.get(key))) {
      signal.throwIfAborted();
      yield piece;
    }
  }
}

async function* statesOf({ storage, folder }: ExportPlan, checkpoint: ExportCheckpoint): AsyncGenerator<string, void, undefined> {
  for (const key of partKeys(folder, checkpoint)) {
    const isKept = (await storage.stat(stateKey(key))) !== undefined;
    if (isKept) yield await textOf(storage.get(stateKey(key)));
  }
}

async function columnsOf(plan: ExportPlan, { writers }: ExportCheckpoint): Promise<readonly Column[]> {
  const text = await textOf(orBeginAnew(plan.storage.get(columnsKey(plan, writers.at(-1)?.writer ?? ''))));
  return JSON.parse(text) as readonly Column[];
}

function columnsKey({ folder }: ExportPlan, writer: string): string {
  return `${writerFolder(folder, writer)}/columns.json`;
}

async function* orBeginAnew(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* content;
  } catch (error) {
    if (error instanceof JobError && error.code === 'not-found') throw new BeginAnew('A part is gone.');
    throw error;
  }
}
