/**
 * Owns the parts of a file while it is made: `<job>/parts/<writer>/<number>` in the storage, and what of them an attempt may
 * go on with. Written behind the back of who makes the next one, one at a time.
 *
 * 1. Where a part ends follows from the rows alone: the same rows make the same parts, whatever the network did.
 * 2. A part is in the checkpoint only when the storage has it for good. Each attempt writes under a name of its own, so that one
 *    that was taken for dead cannot disturb its successor.
 * 3. With gzip each part is a member of its own. Members one behind the other are a gzip file (RFC 1952, 2.2).
 */
import { type Hash, randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip as gzipWithCallback } from 'node:zlib';
import type { ExportCheckpoint } from '../../jobs/export-data.ts';
import type { Storage } from '../../storage/storage.ts';
import { only } from '../../storage/contents.ts';
import { OutBuffer } from './out-buffer.ts';

const gzip = promisify(gzipWithCallback);
/** Room for the row that makes a part full. A larger one makes the buffer grow. */
const LAST_ROW_BYTES = 64 * 1024;
const NUMBER_LENGTH = 6;
const STATE_END = '.state';

/** What is known of the file when a part ends. */
interface PartEnd {
  readonly rows: number;
  readonly rowsSha256: string;
  readonly isWhole: boolean;
  readonly state: string | undefined;
}

export interface PartsOptions {
  readonly storage: Storage;
  /** Key of the job's own folder. */
  readonly folder: string;
  readonly isGzipped: boolean;
  /** A part ends with the row that makes it so large, before compression. */
  readonly partBytes: number;
  /** Called when a part is durable. */
  readonly onDurable: (checkpoint: ExportCheckpoint) => void;
}

/** The keys of the parts of a checkpoint, in their order. */
export function* partKeys(folder: string, { writers }: Pick<ExportCheckpoint, 'writers'>): Generator<string, void, undefined> {
  let before = 0;
  for (const { writer, parts } of writers) {
    for (let number = before + 1; number <= before + parts; number += 1) yield partKey(folder, writer, number);
    before += parts;
  }
}

function partKey(folder: string, writer: string, number: number): string {
  return `${writerFolder(folder, writer)}/${String(number).padStart(NUMBER_LENGTH, '0')}`;
}

export function writerFolder(folder: string, writer: string): string {
  return `${partsFolder(folder)}/${writer}`;
}

export function stateKey(part: string): string {
  return `${part}${STATE_END}`;
}

export function partsFolder(folder: string): string {
  return `${folder}/parts`;
}

export class Parts {
  /** Where the format writes. Another one after each part. */
  out: OutBuffer;
  readonly #options: PartsOptions;
  /** Of this attempt alone. */
  readonly writer = randomUUID().slice(0, 8);
  readonly #hash: Hash;
  #checkpoint: ExportCheckpoint;
  #spare: OutBuffer | undefined;
  #writing: Promise<void> = Promise.resolve();

  /** @param hash of the bytes that are in the parts of the checkpoint */
  constructor(options: PartsOptions, checkpoint: ExportCheckpoint, hash: Hash) {
    this.#options = options;
    this.out = this.#newBuffer();
    this.#checkpoint = checkpoint;
    this.#hash = hash;
  }

  #newBuffer(): OutBuffer {
    return new OutBuffer(this.#options.partBytes + LAST_ROW_BYTES);
  }

  /** True when the part is to end as soon as no row is kept back. */
  get isFull(): boolean {
    return this.out.length >= this.#options.partBytes;
  }

  /** Ends a part. It is written while the next is made. */
  async end(part: PartEnd): Promise<void> {
    await this.#writing;
    const full = this.out;
    this.out = this.#spare ?? this.#newBuffer();
    this.out.length = 0;
    this.#spare = full;
    this.#writing = this.#write(full.content, part);
    // It is looked at when the next part ends.
    this.#writing.catch(() => undefined);
  }

  /** Waits until all parts are durable. */
  async settled(): Promise<ExportCheckpoint> {
    await this.#writing;
    return this.#checkpoint;
  }

  async #write(content: Buffer, { state, ...end }: PartEnd): Promise<void> {
    const { storage, folder, isGzipped, onDurable } = this.#options;
    const bytes = isGzipped ? await gzip(content) : content;
    this.#hash.update(bytes);
    const checkpoint: ExportCheckpoint = {
      ...this.#checkpoint,
      ...end,
      bytes: this.#checkpoint.bytes + bytes.length,
      sha256: this.#hash.copy().digest('hex'),
      writers: withOneMore(this.#checkpoint.writers, this.writer),
    };
    const number = checkpoint.writers.reduce((sum, { parts }) => sum + parts, 0);
    const key = partKey(folder, this.writer, number);
    if (state !== undefined) await storage.put(stateKey(key), only(state));
    await storage.put(key, only(bytes));
    this.#checkpoint = checkpoint;
    onDurable(checkpoint);
  }
}

function withOneMore(writers: ExportCheckpoint['writers'], writer: string): ExportCheckpoint['writers'] {
  const last = writers.at(-1);
  return last?.writer === writer ? [...writers.slice(0, -1), { writer, parts: last.parts + 1 }] : [...writers, { writer, parts: 1 }];
}
