/** Owns what a cell is in a Parquet file: its physical type, and the value of a text. Nothing is rounded or cut: what does not fit is an error. */
import type { SchemaElement } from 'hyparquet-writer';
import { JobError } from '../../contract/errors.ts';
import { show } from '../../contract/options.ts';
import type { Column } from './table.ts';

/** How a column's cells become values. */
export interface ParquetColumn {
  readonly element: SchemaElement;
  /** Bounds of each row group are kept, by which a reader passes groups over. Not for texts, which may be long. */
  readonly statistics: boolean;
  /** @throws JobError `source-unreadable` for a value that has no place in the type */
  readonly value: (bytes: Buffer, start: number, end: number) => unknown;
}

const MINUS = 0x2d;
const PLUS = 0x2b;
const SPACE = 0x20;
const POINT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const LETTER_T = 0x74;
/** Digits that always fit 64 bits. */
const MAX_PRECISION = 18;
/** Digits that a number of JavaScript keeps. */
const EXACT_DIGITS = 15;
const [DAY_SECONDS, HOUR_SECONDS, MINUTE_SECONDS] = [86_400, 3600, 60];
const MICROSECONDS = 1_000_000;
/** Microseconds that a number of JavaScript keeps: the years 1684–2255. */
const EXACT_SECONDS = Number.MAX_SAFE_INTEGER / 1e6 - 1;
const NOT_FINITE: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  '-Infinity': Number.NEGATIVE_INFINITY,
};

export function parquetColumn(column: Column): ParquetColumn {
  const { name } = column;
  const element = (more: Omit<SchemaElement, 'name'>): SchemaElement => ({ name, repetition_type: 'OPTIONAL', ...more });
  const text = { element: element({ type: 'BYTE_ARRAY', converted_type: 'UTF8' }), statistics: false, value: textOf };
  switch (column.type) {
    case 'text':
    case 'json':
      return text;
    case 'binary':
      return { element: element({ type: 'BYTE_ARRAY' }), statistics: false, value: binaryOf };
    case 'boolean':
      return { element: element({ type: 'BOOLEAN' }), statistics: true, value: (bytes, start) => bytes[start] === LETTER_T };
    case 'integer':
      return { element: element({ type: 'INT32' }), statistics: true, value: integerOf };
    case 'bigint':
      return { element: element({ type: 'INT64' }), statistics: true, value: bigintOf };
    case 'float':
      return { element: element({ type: 'DOUBLE' }), statistics: true, value: floatOf };
    case 'decimal':
      return decimalColumn(column, element) ?? text;
    case 'date':
      return {
        element: element({ type: 'INT32', converted_type: 'DATE' }),
        statistics: true,
        value: (...cell) => dayOf(cell, name),
      };
    case 'timestamp':
    case 'timestamptz':
      return {
        element: element(timestampType(column.type === 'timestamptz')),
        statistics: true,
        value: (...cell) => microsOf(cell, name),
      };
  }
}

function timestampType(isAdjustedToUTC: boolean): Omit<SchemaElement, 'name'> {
  return { type: 'INT64', logical_type: { type: 'TIMESTAMP', isAdjustedToUTC, unit: 'MICROS' } };
}

/** Undefined for one whose digits are not known, or too many: it is exported as text. */
function decimalColumn(
  { name, precision, scale }: Column,
  element: (more: Omit<SchemaElement, 'name'>) => SchemaElement,
): ParquetColumn | undefined {
  if (precision === undefined || scale === undefined || precision > MAX_PRECISION || scale < 0 || scale > precision) return undefined;
  return {
    element: element({ type: 'INT64', converted_type: 'DECIMAL', precision, scale }),
    statistics: true,
    value: unscaled(scale, name),
  };
}

function latin1(bytes: Buffer, start: number, end: number): string {
  return bytes.toString('latin1', start, end);
}

function textOf(bytes: Buffer, start: number, end: number): string {
  return bytes.toString('utf8', start, end);
}

/** Behind `\x`. */
function binaryOf(bytes: Buffer, start: number, end: number): Uint8Array {
  return Buffer.from(bytes.toString('latin1', start + 2, end), 'hex');
}

function integerOf(bytes: Buffer, start: number, end: number): number {
  const isNegative = bytes[start] === MINUS;
  let value = 0;
  for (let at = isNegative ? start + 1 : start; at < end; at += 1) value = value * 10 + ((bytes[at] ?? ZERO) - ZERO);
  return isNegative ? -value : value;
}

function floatOf(bytes: Buffer, start: number, end: number): number {
  const text = bytes.toString('latin1', start, end);
  return NOT_FINITE[text] ?? Number(text);
}

function bigintOf(bytes: Buffer, start: number, end: number): bigint {
  return end - start <= EXACT_DIGITS ? BigInt(integerOf(bytes, start, end)) : BigInt(latin1(bytes, start, end));
}

/** The digits of a number that has as many behind the point as its column, with the point left out. */
function unscaled(scale: number, name: string): ParquetColumn['value'] {
  return (bytes, start, end) => {
    const point = scale === 0 ? end : end - scale - 1;
    const isSound = isDigit(bytes[end - 1]) && (scale === 0 || bytes[point] === POINT);
    if (!isSound) throw noPlace(latin1(bytes, start, end), name, 'DECIMAL');
    if (end - start > EXACT_DIGITS) return BigInt(latin1(bytes, start, point) + latin1(bytes, point + 1, end));
    const whole = Math.abs(integerOf(bytes, start, point)) * 10 ** scale + (scale === 0 ? 0 : integerOf(bytes, point + 1, end));
    return BigInt(bytes[start] === MINUS ? -whole : whole);
  };
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= ZERO && byte <= NINE;
}

type Cell = readonly [bytes: Buffer, start: number, end: number];

/** Days since 1970 of `2026-01-31`. Years have four digits or more. */
function dayOf([bytes, start, end]: Cell, name: string): number {
  const day = dayAt(bytes, start);
  if (day === undefined || day.end !== end) throw noPlace(latin1(bytes, start, end), name, 'DATE');
  return day.number;
}

/** Microseconds since 1970 of `2026-01-31 12:00:00.5`, with `+00` behind it or without. */
function microsOf([bytes, start, end]: Cell, name: string): bigint {
  const day = dayAt(bytes, start);
  const time = day && day.end + 1;
  if (time === undefined || end < time + 8 || bytes[time - 1] !== SPACE || bytes[time + 2] !== COLON)
    throw noPlace(latin1(bytes, start, end), name, 'TIMESTAMP');
  const seconds =
    (day?.number ?? 0) * DAY_SECONDS +
    numberAt(bytes, time, 2) * HOUR_SECONDS +
    numberAt(bytes, time + 3, 2) * MINUTE_SECONDS +
    numberAt(bytes, time + 6, 2);
  let micros = 0;
  let at = time + 8;
  if (at < end && bytes[at] === POINT) {
    at += 1;
    for (let unit = MICROSECONDS / 10; at < end && isDigit(bytes[at]); at += 1, unit /= 10) micros += numberAt(bytes, at, 1) * unit;
  }
  const isInUtc = at === end || (end - at === 3 && bytes[at] === PLUS);
  if (!isInUtc) throw noPlace(latin1(bytes, start, end), name, 'TIMESTAMP');
  if (Math.abs(seconds) < EXACT_SECONDS) return BigInt(seconds * MICROSECONDS + micros);
  return BigInt(seconds) * BigInt(MICROSECONDS) + BigInt(micros);
}

/** The day that is written at `start`, and where its text ends; undefined for a text that is none, such as `infinity`. */
function dayAt(bytes: Buffer, start: number): { readonly number: number; readonly end: number } | undefined {
  let yearEnd = start;
  while (isDigit(bytes[yearEnd])) yearEnd += 1;
  if (yearEnd < start + 4 || bytes[yearEnd] !== MINUS || bytes[yearEnd + 3] !== MINUS) return undefined;
  const year = numberAt(bytes, start, yearEnd - start);
  return { number: daysSince1970(year, numberAt(bytes, yearEnd + 1, 2), numberAt(bytes, yearEnd + 4, 2)), end: yearEnd + 6 };
}

function numberAt(bytes: Buffer, start: number, digits: number): number {
  return integerOf(bytes, start, start + digits);
}

/** In the Gregorian calendar, also before it: https://howardhinnant.github.io/date_algorithms.html#days_from_civil */
function daysSince1970(year: number, month: number, day: number): number {
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  return era * 146_097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 719_468;
}

function noPlace(text: string, name: string, type: string): JobError {
  return new JobError(
    'source-unreadable',
    `The value ${show(text)} of the column ${show(name)} has no place in a Parquet ${type}. Export it as text, for example with ::text.`,
    {
      details: { column: name.slice(0, 200) },
    },
  );
}
