/**
 * Owns the messages of PostgreSQL's protocol that an export needs, over a connection that `pg` made. Rows are not turned into
 * objects: they stay in the buffer they came in. https://www.postgresql.org/docs/current/protocol-message-formats.html
 *
 * 1. What waits on this side is a socket's buffer and one row, however many rows there are: the server waits for the reader.
 * 2. A row over the limit ends the connection as soon as its length is known, before its bytes are here.
 */
import type { Socket } from 'node:net';
import { JobError } from '../../contract/errors.ts';
import { type Batch, grown } from './table.ts';

/** A message of the server that is not a row. */
export interface Message {
  /** Its first byte, as a character. */
  readonly code: string;
  readonly body: Buffer;
}

/** What the server says of an error. */
export interface ServerProblem {
  readonly sqlState: string;
  readonly message: string;
  readonly hint: string | undefined;
}

/** An error that the server reported. What it means for the job is judged by `postgres-source.ts`. */
export class ServerError extends Error {
  readonly problem: ServerProblem;

  constructor(problem: ServerProblem) {
    super(problem.message);
    this.name = 'ServerError';
    this.problem = problem;
  }
}

const HEAD_BYTES = 5;
const DATA_ROW = 0x44;
/** Sent unasked, at any time: notices, changed settings, notifications. */
const UNASKED = new Set(['N', 'S', 'A']);
const ERROR = 'E';
const COMMAND_COMPLETE = 'C';
/** Of control messages: descriptions of 1 664 columns with names of 63 bytes, errors, plans. */
const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;
const NULL_LENGTH = -1;
const FIRST_ROWS = 512;
const FIRST_BYTES = 256 * 1024;

export class PostgresWire {
  readonly #socket: Socket;
  readonly #pieces: AsyncIterator<Buffer, undefined>;
  readonly #maxRowBytes: number;
  /** What has come and was not taken yet, from `#at` to `#end`. One buffer for all, so that millions of rows leave no garbage. */
  #buffer: Buffer = Buffer.allocUnsafe(FIRST_BYTES);
  #at = 0;
  #end = 0;
  // Of the last batch, used again for the next.
  #rowEnds: Int32Array = new Int32Array(FIRST_ROWS);
  #cells: Int32Array = new Int32Array(FIRST_ROWS);

  /** Takes the socket over: whoever read from it before reads no more. */
  constructor(socket: Socket, maxRowBytes: number) {
    socket.removeAllListeners('data');
    this.#socket = socket;
    this.#maxRowBytes = maxRowBytes;
    this.#pieces = socket[Symbol.asyncIterator]() as AsyncIterator<Buffer, undefined>;
  }

  send(...messages: readonly Buffer[]): void {
    this.#socket.write(Buffer.concat(messages));
  }

  /** The next message that was asked for. @throws ServerError for an error */
  async next(): Promise<Message> {
    for (;;) {
      const message = await this.#message();
      if (message.code === ERROR) throw new ServerError(problemOf(message.body));
      if (!UNASKED.has(message.code)) return message;
    }
  }

  /** The messages up to one of this code, itself included. What the server says behind an error is skipped. */
  async until(code: string): Promise<Message[]> {
    const messages: Message[] = [];
    for (;;) {
      const message = await this.next();
      messages.push(message);
      if (message.code === code) return messages;
    }
  }

  /** Skips to the next message of this code. For the answer to a sync, behind an error. */
  async skipTo(code: string): Promise<void> {
    while ((await this.#message()).code !== code);
  }

  /** The rows until the statement is complete. @throws ServerError; JobError `limit-exceeded` for a row over the limit */
  async *rows(columns: number): AsyncGenerator<Batch, void, undefined> {
    for (let first = 1; ;) {
      const batch = this.#takeRows(columns);
      if (batch.rows > 0) yield batch;
      first += batch.rows;
      if (!this.#hasHead() || this.#isRow()) {
        await this.#more(first);
        continue;
      }
      const message = await this.#message();
      if (message.code === ERROR) throw new ServerError(problemOf(message.body));
      if (message.code === COMMAND_COMPLETE) return;
    }
  }

  /** Ends the connection at once. A statement that runs is ended by the server when it notices. */
  destroy(): void {
    this.#socket.destroy();
  }

  /** The whole rows that are here. */
  #takeRows(columns: number): Batch {
    const bytes = this.#buffer;
    const start = this.#at;
    let rowEnds = this.#rowEnds;
    let cells = this.#cells;
    let rows = 0;
    let cell = 0;
    let at = start;
    while (at + HEAD_BYTES <= this.#end && bytes[at] === DATA_ROW) {
      const end = at + 1 + int32(bytes, at + 1);
      if (end > this.#end) break;
      rowEnds = grown(rowEnds, rows + 1);
      cells = grown(cells, cell + columns * 2);
      let next = at + HEAD_BYTES + 2;
      for (let column = 0; column < columns; column += 1) {
        const length = int32(bytes, next);
        next += 4;
        if (length === NULL_LENGTH) {
          cells[cell++] = -1;
          cells[cell++] = -1;
          continue;
        }
        cells[cell++] = next;
        next += length;
        cells[cell++] = next;
      }
      rowEnds[rows++] = end;
      at = end;
    }
    this.#at = at;
    this.#rowEnds = rowEnds;
    this.#cells = cells;
    return { bytes, start, rows, rowEnds, cells };
  }

  #hasHead(): boolean {
    return this.#end - this.#at >= HEAD_BYTES;
  }

  #isRow(): boolean {
    return this.#buffer[this.#at] === DATA_ROW;
  }

  /** Waits for more bytes: of the row that is begun, all. */
  async #more(row: number): Promise<void> {
    const need = this.#hasHead() ? 1 + int32(this.#buffer, this.#at + 1) : HEAD_BYTES;
    if (need > this.#maxRowBytes) throw rowTooLarge(row, need, this.#maxRowBytes);
    await this.#fill(need);
  }

  async #message(): Promise<Message> {
    if (!this.#hasHead()) await this.#fill(HEAD_BYTES);
    const need = 1 + int32(this.#buffer, this.#at + 1);
    if (need > MAX_MESSAGE_BYTES) throw new JobError('source-unavailable', 'The server sent a message that is no PostgreSQL message.');
    await this.#fill(need);
    const message = {
      code: String.fromCharCode(this.#buffer[this.#at] ?? 0),
      body: Buffer.from(this.#buffer.subarray(this.#at + HEAD_BYTES, this.#at + need)),
    };
    this.#at += need;
    return message;
  }

  /** Waits until so many bytes are here. */
  async #fill(need: number): Promise<void> {
    while (this.#end - this.#at < need) {
      const next = await this.#pieces.next();
      if (next.done === true) throw new JobError('source-unavailable', 'The database server closed the connection.');
      this.#append(next.value);
    }
  }

  #append(piece: Buffer): void {
    const rest = this.#end - this.#at;
    if (this.#end + piece.length > this.#buffer.length) {
      const isTooSmall = rest + piece.length > this.#buffer.length;
      const target = isTooSmall ? Buffer.allocUnsafe(Math.max(rest + piece.length, this.#buffer.length * 2)) : this.#buffer;
      this.#buffer.copy(target, 0, this.#at, this.#end);
      this.#buffer = target;
      this.#at = 0;
      this.#end = rest;
    }
    piece.copy(this.#buffer, this.#end);
    this.#end += piece.length;
  }
}

/** A statement list without parameters, by the simple protocol. */
export function simpleQuery(sql: string): Buffer {
  return message('Q', text(sql));
}

/** Parses one statement under a name. The server refuses a second one in the same text. */
export function parse(name: string, sql: string): Buffer {
  return message('P', text(name), text(sql), int16(0));
}

export function describeStatement(name: string): Buffer {
  return message('D', Buffer.from('S'), text(name));
}

/** Binds parameters to a statement, as the unnamed portal, with results as text. */
export function bind(name: string, parameters: readonly (string | null)[]): Buffer {
  const values = parameters.map((value) => {
    const bytes = value === null ? undefined : Buffer.from(value);
    return bytes === undefined ? Buffer.from([255, 255, 255, 255]) : Buffer.concat([int32Bytes(bytes.length), bytes]);
  });
  return message('B', text(''), text(name), int16(0), int16(parameters.length), ...values, int16(0));
}

/** Runs the unnamed portal to its end. */
export function execute(): Buffer {
  return message('E', text(''), int32Bytes(0));
}

export function sync(): Buffer {
  return message('S');
}

export function terminate(): Buffer {
  return message('X');
}

function message(code: string, ...parts: readonly Buffer[]): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 4);
  return Buffer.concat([Buffer.from(code, 'latin1'), int32Bytes(length), ...parts]);
}

function text(value: string): Buffer {
  return Buffer.from(`${value}\0`);
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

function int32Bytes(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function int32(bytes: Buffer, at: number): number {
  return ((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0);
}

/** The fields of an error: a letter and a text each. */
function problemOf(body: Buffer): ServerProblem {
  const fields = new Map(
    body
      .toString('utf8')
      .split('\0')
      .map((field) => [field[0], field.slice(1)]),
  );
  return { sqlState: fields.get('C') ?? '', message: fields.get('M') ?? 'no message', hint: fields.get('H') };
}

function rowTooLarge(row: number, bytes: number, maxRowBytes: number): JobError {
  return new JobError(
    'limit-exceeded',
    `Row ${row} is ${bytes} bytes; at most ${maxRowBytes} bytes can be exported. Leave its large column out, or cut it in the query.`,
    {
      details: { limit: 'maxRowBytes', row, bytes, maxRowBytes },
    },
  );
}
