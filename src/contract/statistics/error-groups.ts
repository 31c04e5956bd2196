/**
 * Owns the grouping of errors that mean the same: by code and by message without what differs from job to job (numbers,
 * ids, paths, addresses, quoted texts). Of each group: how many, in which hours, when first and last, and one example.
 */

export interface ErrorGroup {
  readonly code: string;
  /** The message with `<…>` in place of what differs from job to job. At most 120 characters. */
  readonly pattern: string;
  readonly count: number;
  /** Milliseconds since 1970. */
  readonly firstAt: number;
  readonly lastAt: number;
  /** The newest one: its job and its message, at most 200 characters of it. */
  readonly jobId: string;
  readonly message: string;
  /** Hour since 1970 → how many in it. The last 24 hours before the newest one; what was counted by an older version has none. */
  readonly hours?: Readonly<Record<string, number>>;
}

/** Fingerprint → group. */
export type ErrorGroups = Readonly<Record<string, ErrorGroup>>;

export interface OneError {
  readonly code: string;
  readonly message: string;
  readonly jobId: string;
  readonly at: number;
}

const MAX_PATTERN_LENGTH = 120;
/** Characters of a message that the pattern is made of. */
const MAX_READ = 400;
const MAX_MESSAGE_LENGTH = 200;
const MAX_JOB_ID_LENGTH = 200;
/** The groups of one job type that are kept: those seen last. */
export const MAX_GROUPS = 50;

export const HOURS_KEPT = 24;
const HOUR_MS = 3_600_000;

/** In this order: what is masked by one is not seen by the next. */
const MASKS: readonly (readonly [RegExp, string])[] = [
  [/\b[a-z][a-z0-9+.-]*:\/\/[^\s"'`,)]+/gi, '<url>'],
  [/[\w.+-]+@[\w-]+(?:\.[\w-]+)+/g, '<address>'],
  [/"[^"]*"|'[^']*'|`[^`]*`/g, '<text>'],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, '<id>'],
  [/(?:\.{0,2}\/[\w.@~-]+){2,}\/?|\b[A-Z]:\\[^\s:]+/gi, '<path>'],
  [/\b(?=[0-9a-f]*\d)[0-9a-f]{8,}\b/gi, '<id>'],
  [/\d+(?:[.,:]\d+)*/g, '<number>'],
];

/** The message without what differs from job to job. */
export function patternOf(message: string): string {
  const start = message.slice(0, MAX_READ).replaceAll(/\s+/g, ' ');
  return MASKS.reduce((text, [found, mask]) => text.replaceAll(found, mask), start).slice(0, MAX_PATTERN_LENGTH);
}

/** The groups with one error more. */
export function withError(groups: ErrorGroups, { code, message, jobId, at }: OneError): ErrorGroups {
  const pattern = patternOf(message);
  const one = {
    code,
    pattern,
    count: 1,
    firstAt: at,
    lastAt: at,
    jobId: jobId.slice(0, MAX_JOB_ID_LENGTH),
    message: message.slice(0, MAX_MESSAGE_LENGTH),
    hours: { [hourOf(at)]: 1 },
  };
  return mergeGroups(groups, { [`${code} ${pattern}`]: one });
}

/** The groups of both; of those that do not fit the ones seen last are kept. */
export function mergeGroups(groups: ErrorGroups, others: ErrorGroups): ErrorGroups {
  const sum: Record<string, ErrorGroup> = { ...groups };
  for (const [fingerprint, other] of Object.entries(others)) {
    const known = sum[fingerprint];
    sum[fingerprint] = known === undefined ? other : bothOf(known, other);
  }
  return newest(sum, MAX_GROUPS);
}

function bothOf(one: ErrorGroup, other: ErrorGroup): ErrorGroup {
  const last = other.lastAt >= one.lastAt ? other : one;
  return {
    ...last,
    count: one.count + other.count,
    firstAt: Math.min(one.firstAt, other.firstAt),
    hours: recentHours([one, other], last.lastAt),
  };
}

export function hourOf(at: number): number {
  return Math.floor(at / HOUR_MS);
}

/** What the groups have of the 24 hours that end with the one of `lastAt`. */
function recentHours(groups: readonly ErrorGroup[], lastAt: number): Readonly<Record<string, number>> {
  const first = hourOf(lastAt) - HOURS_KEPT + 1;
  const sums: Record<string, number> = {};
  for (const { hours = {} } of groups)
    for (const [hour, count] of Object.entries(hours)) if (Number(hour) >= first) sums[hour] = (sums[hour] ?? 0) + count;
  return sums;
}

/** The `most` groups that were seen last. */
function newest(groups: ErrorGroups, most: number): ErrorGroups {
  const entries = Object.entries(groups);
  if (entries.length <= most) return groups;
  return Object.fromEntries(entries.toSorted(([, one], [, other]) => other.lastAt - one.lastAt).slice(0, most));
}
