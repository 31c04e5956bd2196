/** Owns the reading and writing of durations. A duration is a number of milliseconds or a text such as `'1.5s'`. */
import ms, { type StringValue } from 'ms';
import { invalidOption } from './options.ts';

/** Milliseconds, or a text with a unit: `500`, `'500ms'`, `'1.5s'`, `'10m'`, `'2 hours'`, `'7d'`. */
export type Duration = number | StringValue;

/** The longest duration that is accepted: 10 years, in milliseconds. */
export const MAX_DURATION_MS = 10 * 365 * 24 * 3_600_000;
/** The longest timeout of an attempt, 24 days: timers of Node fire at once when they are set for over 24.8 days. */
export const MAX_TIMEOUT_MS = 24 * 24 * 3_600_000;

/**
 * Milliseconds of a duration, a whole number from 0 to `MAX_DURATION_MS`. `name` is what the error calls it.
 * @throws JobError `invalid-options` for anything else (NaN, a negative, a text without meaning).
 */
export function toMs(value: unknown, name: string): number {
  const milliseconds = typeof value === 'string' && value.length <= 100 ? parse(value) : value;
  if (typeof milliseconds !== 'number' || !(milliseconds >= 0 && milliseconds <= MAX_DURATION_MS)) {
    throw invalidOption(name, 'a duration between 0 and 10 years, such as 500 (ms), "1.5s" or "10m"', value);
  }
  return Math.round(milliseconds);
}

function parse(text: string): number | undefined {
  try {
    return ms(text as StringValue);
  } catch {
    return undefined;
  }
}

/** A duration in words for people, two units at most: `950 ms`, `4.2 s`, `3 min 20 s`, `2 h 5 min`, `3 d 4 h`. */
export function formatMs(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  if (milliseconds < 60_000) return `${Math.round(milliseconds / 100) / 10} s`;
  const [large, small, unitMs, smallMs] =
    milliseconds < 3_600_000
      ? (['min', 's', 60_000, 1000] as const)
      : milliseconds < 86_400_000
        ? (['h', 'min', 3_600_000, 60_000] as const)
        : (['d', 'h', 86_400_000, 3_600_000] as const);
  const whole = Math.floor(milliseconds / unitMs);
  const rest = Math.floor((milliseconds % unitMs) / smallMs);
  return rest === 0 ? `${whole} ${large}` : `${whole} ${large} ${rest} ${small}`;
}
