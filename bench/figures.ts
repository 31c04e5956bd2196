/** Owns how figures are written: three digits say all that these measurements know. */
import type { Spread } from './statistics.ts';

/** Median, and the range beside it. */
export function showSpread({ min, median, max }: Spread): string {
  return `${digits(median)} (${digits(min)}–${digits(max)})`;
}

/** A dash for what is no number. */
export function digits(value: number): string {
  if (!Number.isFinite(value)) return '–';
  if (Math.abs(value) < 10) return value.toFixed(2);
  return Math.abs(value) < 100 ? value.toFixed(1) : String(Math.round(value));
}
