/** Owns what progress is: 0–100, never going down, with an optional count and message. */
import { invalidOption } from './options.ts';

export interface Progress {
  /** 0–100, fractions allowed. Never goes down within a run of a job. */
  readonly percent: number;
  /** What is being done, for people. At most 500 characters are kept. */
  readonly message?: string;
  /** Units done, when the handler counts: with `total`, in `unit`. */
  readonly done?: number;
  readonly total?: number;
  readonly unit?: string;
}

/** Progress as a count; the percentage follows from it. */
export interface ProgressCount {
  readonly done: number;
  /** At least `done` and above 0. */
  readonly total: number;
  /** What is counted, for people: `rows`, `files`. At most 50 characters are kept. */
  readonly unit?: string;
}

/** True for a value that came over the wire and can be taken for a progress. */
export function isProgress(value: unknown): value is Progress {
  if (typeof value !== 'object' || value === null || !('percent' in value)) return false;
  return typeof value.percent === 'number' && value.percent >= 0 && value.percent <= 100;
}

const MAX_MESSAGE_LENGTH = 500;
const MAX_UNIT_LENGTH = 50;

/**
 * The progress after a handler reported `report`. A percentage or count below the one before is ignored, its message is not.
 * @throws JobError `invalid-options` when the percentage is not within 0–100 or the count makes no sense
 */
export function nextProgress(before: Progress | undefined, report: number | ProgressCount, message?: string): Progress {
  if (typeof report !== 'object' || report === null) checkPercent(report);
  const percent = typeof report === 'number' ? report : percentOf(report);
  const isBehind = before !== undefined && percent < before.percent;
  const count =
    typeof report === 'number'
      ? {}
      : { done: report.done, total: report.total, ...(report.unit === undefined ? {} : { unit: report.unit.slice(0, MAX_UNIT_LENGTH) }) };
  const text = message ?? before?.message;
  return {
    ...(isBehind ? before : { percent, ...count }),
    ...(text === undefined ? {} : { message: text.slice(0, MAX_MESSAGE_LENGTH) }),
  };
}

function checkPercent(percent: number): void {
  if (!(typeof percent === 'number' && percent >= 0 && percent <= 100)) throw invalidOption('progress', 'a number from 0 to 100', percent);
}

function percentOf({ done, total }: ProgressCount): number {
  const isSound = Number.isFinite(done) && Number.isFinite(total) && done >= 0 && total > 0 && done <= total;
  if (!isSound) throw invalidOption('progress', 'a count with 0 ≤ done ≤ total and total > 0', `${done} of ${total}`);
  return (done / total) * 100;
}
