/** Owns how a cell is written as a JSON value. Numbers and JSON go as they stand, digit by digit; the rest is a JSON string. */
import type { OutBuffer } from './out-buffer.ts';
import type { ColumnType } from './table.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE = 0x20;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const LETTER_T = 0x74;
const LETTER_BIG_T = 0x54;
const LETTER_BIG_Z = 0x5a;
const MINUS = 0x2d;
const [ZERO, NINE] = [0x30, 0x39];
/** A byte becomes at most `\u0000`. */
export const MOST_BYTES_OF_BYTE = 6;
const TRUE = Buffer.from('true');
const FALSE = Buffer.from('false');
const SHORT_ESCAPES: Readonly<Record<number, string>> = { 8: 'b', 9: 't', 10: 'n', 12: 'f', 13: 'r', 34: '"', 92: '\\' };
/** Of `2026-01-31 12:00:00`: where the parts end, and what stands there. */
const [YEAR_END, DATE_END, SECONDS_END] = [4, 10, 19];
const IN_UTC = '+00';

/** Which bytes a JSON string escapes, with the text that stands for each. */
const ESCAPES: readonly (Buffer | undefined)[] = Array.from({ length: 256 }, (_, byte) => {
  if (byte >= SPACE && byte !== QUOTE && byte !== BACKSLASH) return undefined;
  const short = SHORT_ESCAPES[byte];
  return Buffer.from(short === undefined ? `\\u${byte.toString(16).padStart(4, '0')}` : `\\${short}`);
});
const IS_ESCAPED = Uint8Array.from(ESCAPES, (escape) => (escape === undefined ? 0 : 1));

/** A cell of the bytes from `start` to `end`. */
export interface Cell {
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
}

/** Appends the cell as a JSON value. `out` has room for `MOST_BYTES_OF_BYTE` times its bytes and 8 more. */
export function appendJson(type: ColumnType, cell: Cell, out: OutBuffer): void {
  switch (type) {
    case 'integer':
    case 'bigint':
      return copy(cell, out);
    case 'float':
    case 'decimal':
      return isNumber(cell) ? copy(cell, out) : appendString(cell, out);
    case 'boolean':
      return out.append(cell.bytes[cell.start] === LETTER_T ? TRUE : FALSE);
    case 'json':
      return copyOnOneLine(cell, out);
    case 'timestamp':
    case 'timestamptz':
      return appendTime(cell, out, type);
    case 'text':
    case 'date':
    case 'binary':
      return appendString(cell, out);
  }
}

function copy({ bytes, start, end }: Cell, out: OutBuffer): void {
  out.length += bytes.copy(out.bytes, out.length, start, end);
}

/** `NaN` and `Infinity` are no JSON. They become strings, as in PostgreSQL's own `to_json`. */
function isNumber({ bytes, start, end }: Cell): boolean {
  // All digits in the end, also of -1e-07; of the others none is.
  return isDigit(bytes[end - 1]) && end > start;
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= ZERO && byte <= NINE;
}

/** A line end outside of a JSON string is white space; inside of one it is escaped already. */
function copyOnOneLine({ bytes, start, end }: Cell, out: OutBuffer): void {
  const target = out.bytes;
  let at = out.length;
  for (let next = start; next < end; next += 1) {
    const byte = bytes[next] ?? 0;
    target[at++] = byte === LINE_FEED || byte === CARRIAGE_RETURN ? SPACE : byte;
  }
  out.length = at;
}

/** `2026-01-31T12:00:00.5Z`. Years before 1 and after 9999 and the infinities are left as PostgreSQL writes them. */
function appendTime({ bytes, start, end }: Cell, out: OutBuffer, type: 'timestamp' | 'timestamptz'): void {
  const timeEnd = type === 'timestamptz' ? end - IN_UTC.length : end;
  const isPlain = timeEnd - start >= SECONDS_END && bytes[start + YEAR_END] === MINUS && bytes[start + DATE_END] === SPACE;
  const isSound = isPlain && isDigit(bytes[timeEnd - 1]) && (timeEnd === end || bytes.toString('latin1', timeEnd, end) === IN_UTC);
  if (!isSound) return appendString({ bytes, start, end }, out);
  const target = out.bytes;
  target[out.length++] = QUOTE;
  const at = out.length;
  out.length += bytes.copy(target, at, start, timeEnd);
  target[at + DATE_END] = LETTER_BIG_T;
  if (timeEnd < end) target[out.length++] = LETTER_BIG_Z;
  target[out.length++] = QUOTE;
}

/** Appends the cell as a JSON string. */
export function appendString({ bytes, start, end }: Cell, out: OutBuffer): void {
  const target = out.bytes;
  let at = out.length;
  target[at++] = QUOTE;
  for (let next = start; next < end; next += 1) {
    const byte = bytes[next] ?? 0;
    if (IS_ESCAPED[byte] === 0) target[at++] = byte;
    else at += ESCAPES[byte]?.copy(target, at) ?? 0;
  }
  target[at++] = QUOTE;
  out.length = at;
}
