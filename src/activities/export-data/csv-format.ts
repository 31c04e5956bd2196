/**
 * Owns CSV. Quotes as PostgreSQL's COPY does, whose bytes these are when formulas are kept: null is nothing, an empty text
 * is `""`, and a cell is quoted when it has the delimiter, a quote or a line end. RFC 4180 besides, with `\n` as line end.
 *
 * A formula is what OWASP's page on CSV injection lists: a first character of = + - @, tab or carriage return, and the
 * full-width forms of the first four. https://owasp.org/www-community/attacks/CSV_Injection
 */
import type { Format } from './format.ts';
import type { OutBuffer } from './out-buffer.ts';
import type { Batch, Column } from './table.ts';

export interface CsvOptions {
  readonly delimiter: string;
  readonly header: boolean;
  readonly bom: boolean;
  readonly formulas: 'defuse' | 'keep';
}

const QUOTE = 0x22;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const APOSTROPHE = 0x27;
const BACKSLASH = 0x5c;
const DOT = 0x2e;
const BOM = Buffer.from('\ufeff');
const FORMULA_STARTS = new Set(Buffer.from('=+-@\t\r'));
const WIDE_FORMULA_STARTS = new Set(['＝', '＋', '－', '＠']);
const WIDE_BYTES = 3;
/** The one type whose cells can be anything; of the others none is a formula, a negative number included. */
const DEFUSED_TYPE = 'text';

export class CsvFormat implements Format {
  readonly isSettled = true;
  readonly #columns: readonly Column[];
  readonly #options: CsvOptions;
  readonly #delimiter: number;
  /** Bytes after which a cell is quoted. */
  readonly #special = new Uint8Array(256);
  /** For each column whether its cells are looked at for formulas. */
  readonly #isDefused: readonly boolean[];

  constructor(columns: readonly Column[], options: CsvOptions) {
    this.#columns = columns;
    this.#options = options;
    this.#delimiter = options.delimiter.charCodeAt(0);
    for (const byte of [this.#delimiter, QUOTE, LINE_FEED, CARRIAGE_RETURN]) this.#special[byte] = 1;
    this.#isDefused = columns.map(({ type }) => options.formulas === 'defuse' && type === DEFUSED_TYPE);
  }

  begin(out: OutBuffer): void {
    if (this.#options.bom) out.append(BOM);
    if (!this.#options.header) return;
    for (const [index, { name }] of this.#columns.entries()) {
      const bytes = Buffer.from(name);
      out.reserve(bytes.length * 2 + 8);
      if (index > 0) out.bytes[out.length++] = this.#delimiter;
      this.#cell(bytes, [0, bytes.length], { out, isDefused: this.#options.formulas === 'defuse' });
    }
    out.append(Buffer.of(LINE_FEED));
  }

  row({ bytes, start, cells, rowEnds }: Batch, row: number, out: OutBuffer): void {
    const count = this.#columns.length;
    const rowBytes = (rowEnds[row] ?? 0) - (row === 0 ? start : (rowEnds[row - 1] ?? 0));
    // Each byte may be a quote, and each cell may get two quotes, an apostrophe and a delimiter.
    out.reserve(rowBytes * 2 + count * 4 + 1);
    const special = this.#special;
    let cell = row * count * 2;
    for (let column = 0; column < count; column += 1, cell += 2) {
      const target = out.bytes;
      if (column > 0) target[out.length++] = this.#delimiter;
      const from = cells[cell] ?? -1;
      if (from === -1) continue;
      const end = cells[cell + 1] ?? from;
      const isDefused = this.#isDefused[column] === true;
      let at = out.length;
      let next = from;
      const isPlain = end > from && !(isDefused && mayBeFormula(bytes[from] ?? 0)) && bytes[from] !== BACKSLASH;
      // Copied and looked at in one go; a cell that turns out to need quotes is written anew.
      while (isPlain && next < end) {
        const byte = bytes[next] ?? 0;
        if (special[byte] === 1) break;
        target[at++] = byte;
        next += 1;
      }
      if (isPlain && next === end) out.length = at;
      else this.#cell(bytes, [from, end], { out, isDefused });
    }
    out.bytes[out.length++] = LINE_FEED;
  }

  end(): void {
    // Nothing stands behind the last row.
  }

  takeState(): undefined {
    return undefined;
  }

  resume(): Promise<void> {
    return Promise.resolve();
  }

  /** A cell that needs a closer look. There is room for it. */
  #cell(bytes: Buffer, [from, end]: readonly [number, number], { out, isDefused }: { out: OutBuffer; isDefused: boolean }): void {
    const isFormula = isDefused && startsFormula(bytes, from, end);
    const target = out.bytes;
    let at = out.length;
    if (!isFormula && !this.#needsQuotes(bytes, from, end)) {
      out.length += bytes.copy(target, at, from, end);
      return;
    }
    target[at++] = QUOTE;
    if (isFormula) target[at++] = APOSTROPHE;
    for (let next = from; next < end; next += 1) {
      const byte = bytes[next] ?? 0;
      if (byte === QUOTE) target[at++] = QUOTE;
      target[at++] = byte;
    }
    target[at++] = QUOTE;
    out.length = at;
  }

  #needsQuotes(bytes: Buffer, from: number, end: number): boolean {
    if (from === end) return true;
    for (let next = from; next < end; next += 1) if (this.#special[bytes[next] ?? 0] === 1) return true;
    // `\.` on a line of its own ends the data where COPY reads them.
    return this.#columns.length === 1 && end - from === 2 && bytes[from] === BACKSLASH && bytes[from + 1] === DOT;
  }
}

/** Quick, and true for more than formulas: what does not begin with ASCII is looked at. */
function mayBeFormula(first: number): boolean {
  return first > 0x7f || FORMULA_STARTS.has(first);
}

function startsFormula(bytes: Buffer, from: number, end: number): boolean {
  if (from === end) return false;
  return FORMULA_STARTS.has(bytes[from] ?? 0) || WIDE_FORMULA_STARTS.has(bytes.toString('utf8', from, Math.min(end, from + WIDE_BYTES)));
}
