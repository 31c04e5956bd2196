/** Owns what PostgreSQL's types are to an export. Those that are not named here are exported as the text that PostgreSQL writes. */
import type { Column, ColumnType } from './table.ts';

/** By the type's OID, from the server's catalogue `pg_type`, where they are fixed. A domain has the OID of what it is over. */
const TYPES: Readonly<Record<number, ColumnType>> = {
  16: 'boolean',
  17: 'binary',
  20: 'bigint',
  21: 'integer',
  23: 'integer',
  26: 'bigint',
  114: 'json',
  700: 'float',
  701: 'float',
  1082: 'date',
  1114: 'timestamp',
  1184: 'timestamptz',
  1700: 'decimal',
  3802: 'json',
};
const NUMERIC = 1700;
/** A type modifier of `numeric` is precision and scale, 16 and 11 bits, and 4 more. A scale may be negative. */
const MODIFIER_BASE = 4;
const SCALE_MASK = 0x7ff;
const SCALE_SIGN = 0x400;

/** The column of a result whose type has this OID and modifier. */
export function columnOf(name: string, oid: number, modifier: number): Column {
  const type = TYPES[oid] ?? 'text';
  if (oid !== NUMERIC || modifier < MODIFIER_BASE) return { name, type };
  const packed = modifier - MODIFIER_BASE;
  return { name, type, precision: packed >> 16, scale: ((packed & SCALE_MASK) ^ SCALE_SIGN) - SCALE_SIGN };
}
