/** Owns what columns a set of JSON objects has: every key, in the order of its first appearance, with the one type that fits all its values. */
import type { JsonSlice } from './json-fields.ts';
import { checkColumnCount, checkColumns } from './source-columns.ts';
import type { Column, ColumnType } from './table.ts';

const NULL = 'null';
/** What a column has been seen to hold, as bits. `long`: an integer with more digits than a float keeps. */
const SEEN = { boolean: 1, bigint: 2, float: 4, decimal: 8, text: 16, nested: 32, long: 64 } as const;
const INTEGER = /^-?\d+$/;
/** More digits than a 64-bit float keeps. */
const EXACT_DIGITS = 15;
/** Of the longest 64-bit integer, its sign included. */
const INT64_LENGTH = 20;
const [MIN_INT64, MAX_INT64] = [-(2n ** 63n), 2n ** 63n - 1n];

/** Looks at every object before any is written. */
export class JsonColumns {
  readonly #seen = new Map<string, number>();

  add(fields: ReadonlyMap<string, JsonSlice>): void {
    for (const [name, slice] of fields) {
      const before = this.#seen.get(name);
      const seen = (before ?? 0) | kindOf(slice);
      if (seen === before) continue;
      this.#seen.set(name, seen);
      if (before === undefined) checkColumnCount(this.#seen.size);
    }
  }

  /** @throws JobError `source-unreadable` when there are none */
  get columns(): readonly Column[] {
    return checkColumns([...this.#seen].map(([name, seen]) => ({ name, type: typeOf(seen) })));
  }
}

/** The text of a cell of this type for a value; null for none. */
export function cellText(type: ColumnType, slice: JsonSlice | undefined): string | null {
  if (slice === undefined || slice === NULL) return null;
  return type === 'text' ? (JSON.parse(slice) as string) : slice;
}

function kindOf(slice: JsonSlice): number {
  const [first] = slice;
  if (first === '"') return SEEN.text;
  if (first === '{' || first === '[') return SEEN.nested;
  if (first === 't' || first === 'f') return SEEN.boolean;
  if (first === 'n') return 0;
  if (!INTEGER.test(slice)) return Number.isFinite(Number(slice)) ? SEEN.float : SEEN.decimal;
  if (slice.length <= EXACT_DIGITS) return SEEN.bigint;
  if (slice.length > INT64_LENGTH) return SEEN.decimal;
  const value = BigInt(slice);
  // Together with fractions, a number with so many digits would lose some as a float.
  return value < MIN_INT64 || value > MAX_INT64 ? SEEN.decimal : SEEN.bigint | SEEN.long;
}

function typeOf(seen: number): ColumnType {
  switch (seen) {
    case 0:
    case SEEN.text:
      return 'text';
    case SEEN.boolean:
      return 'boolean';
    case SEEN.bigint:
    case SEEN.bigint | SEEN.long:
      return 'bigint';
    case SEEN.float:
    case SEEN.float | SEEN.bigint:
      return 'float';
    default:
      return (seen & (SEEN.text | SEEN.boolean | SEEN.nested)) === 0 ? 'decimal' : 'json';
  }
}
