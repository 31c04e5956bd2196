/** Owns how numbers and times are written. Unknown is a dash, never 0. */
import { formatMs } from '../../src/contract/duration.ts';

const NARROW = '\u202f';
const COMPACT_FROM = 100_000;
const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });
const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });
const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' });
const shortClock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
const exact = new Intl.DateTimeFormat('sv-SE', {
  dateStyle: 'short',
  timeStyle: 'medium',
});

/** `9 214`, `1.2 M` */
export function numberText(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return '–';
  if (Math.abs(value) < COMPACT_FROM) return whole.format(value).replaceAll(',', NARROW);
  return compact.format(value).replace(/(?<unit>[A-Z])$/, `${NARROW}$<unit>`);
}

/** `32 ms`, `4.2 s`, `2 min 10 s` */
export function durationText(milliseconds: number | null | undefined): string {
  return milliseconds === null || milliseconds === undefined ? '–' : formatMs(Math.max(0, milliseconds)).replaceAll(' ', NARROW);
}

/** `just now`, `12 s ago`, `2 min ago`, then the date. */
export function agoText(time: string | number, now: number): string {
  const at = typeof time === 'number' ? time : Date.parse(time);
  const seconds = Math.round((now - at) / 1000);
  if (seconds < -1) return dateText(at);
  if (seconds < 5) return 'just now';
  if (seconds < 60) return `${seconds}${NARROW}s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}${NARROW}min ago`;
  return seconds < 86_400 ? `${Math.floor(seconds / 3600)}${NARROW}h ago` : dateText(at);
}

/** `24 Nov, 22:43` */
export function dateText(at: number): string {
  return day.format(at);
}

/** `14:30:12` */
export function clockText(at: number): string {
  return clock.format(at);
}

/** `14:30` */
export function shortClockText(at: number): string {
  return shortClock.format(at);
}

/** `2026-11-24 22:43:13`, and the same in UTC. */
export function exactText(time: string): string {
  return `${exact.format(Date.parse(time))} · ${time}`;
}

/** `export-…77c2`: the middle goes. */
export function shortId(id: string): string {
  return id.length <= 16 ? id : `${id.slice(0, 6)}…${id.slice(-6)}`;
}
