/** Owns how a cell is written as a JSON value. Numbers and JSON go as they stand, digit by digit; the rest is a JSON string. */
import type { OutBuffer } from './out-buffer.ts';
import type { ColumnType } from './table.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE = 0x20;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const LETTER_T = 0x74;
/** A byte becomes at most `\u0000`. */
export const MOST_BYTES_OF_BYTE = 6;
const TRUE = Buffer.from('true');
const FALSE = Buffer.from('false');
const SHORT_ESCAPES: Readonly<Record<number, string>> = { 8: 'b', 9: 't', 10: 'n', 12: 'f', 13: 'r', 34: '"', 92: '\\' };
/** PostgreSQL's text of a time that has a place in the calendar of ISO 8601. */
const PLAIN_TIME = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?)(?:\+00)?$/;
const DIGIT_OR_SIGN = /^[-\d]/;

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
  const [first = 0, second = 0] = [bytes[start], end > start + 1 ? bytes[start + 1] : undefined];
  return DIGIT_OR_SIGN.test(String.fromCharCode(first)) && second !== 0x49;
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
function appendTime(cell: Cell, out: OutBuffer, type: 'timestamp' | 'timestamptz'): void {
  const [, date, time] = PLAIN_TIME.exec(cell.bytes.toString('latin1', cell.start, cell.end)) ?? [];
  if (date === undefined || time === undefined) return appendString(cell, out);
  out.length += out.bytes.write(`"${date}T${time}${type === 'timestamptz' ? 'Z' : ''}"`, out.length, 'latin1');
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
