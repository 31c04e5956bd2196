/** Owns the reading of `Retry-After` (RFC 9110, 10.2.3): seconds, or a date of HTTP. */

const SHORTEST_MS = 1000;
/** The schedule's longest wait: a receiver may not put its deliveries off for years. */
const LONGEST_MS = 86_400_000;

/** Milliseconds to wait, 1 s to 24 h; undefined for no header, or one that says nothing. */
export function retryAfterMs(header: string | readonly string[] | undefined, now = Date.now()): number | undefined {
  const text = (typeof header === 'string' ? header : header?.[0])?.trim();
  if (text === undefined || text === '') return undefined;
  const waitMs = /^\d{1,10}$/.test(text) ? Number(text) * 1000 : dateMs(text) - now;
  return Number.isNaN(waitMs) ? undefined : Math.min(LONGEST_MS, Math.max(SHORTEST_MS, waitMs));
}

/** NaN for what is no date of HTTP, such as "5" or "tomorrow". */
function dateMs(text: string): number {
  return /^[A-Z][a-z]{2,8},? .*\d{2}:\d{2}:\d{2}/.test(text) ? Date.parse(text) : Number.NaN;
}
