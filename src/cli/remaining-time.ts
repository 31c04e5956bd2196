/**
 * Owns how long a job still takes, for people: by its own estimate, and where it has none by how fast its percentage grew in the
 * last minute. It says nothing rather than something wrong: while too little has been seen, or when the percentage has stood
 * still for too long.
 */
import { formatMs } from '../contract/duration.ts';
import type { JobSnapshot } from '../contract/snapshot.ts';

const WINDOW_MS = 60_000;
const SEEN_AT_LEAST_MS = 4000;
const GROWN_AT_LEAST = 3;
const STANDS_STILL_MS = 15_000;

export class RemainingTime {
  #samples: readonly { readonly atMs: number; readonly percent: number }[] = [];

  /** Takes note of a percentage; one that is not higher than the last is no news. */
  note(percent: number, nowMs: number): void {
    const last = this.#samples.at(-1);
    if (last !== undefined && percent <= last.percent) return;
    this.#samples = [...this.#samples.filter(({ atMs }) => atMs >= nowMs - WINDOW_MS), { atMs: nowMs, percent }];
  }

  /** Milliseconds until 100 %, rounded to what can be known: 5 s, and over two minutes to whole minutes. Undefined: unknown. */
  estimate(nowMs: number): number | undefined {
    const [first, last] = [this.#samples[0], this.#samples.at(-1)];
    if (first === undefined || last === undefined || nowMs - last.atMs > STANDS_STILL_MS) return undefined;
    const [grown, seenMs] = [last.percent - first.percent, last.atMs - first.atMs];
    if (grown < GROWN_AT_LEAST || seenMs < SEEN_AT_LEAST_MS) return undefined;
    const restMs = ((100 - last.percent) * seenMs) / grown - (nowMs - last.atMs);
    return rounded(restMs);
  }
}

/** How long the job still takes by its own estimate, `40 s to 2 min left`; undefined where it has none, or took longer. */
export function etaText({ eta }: JobSnapshot, nowMs: number): string | undefined {
  if (eta === null || eta === 'unknown' || Date.parse(eta.p50) <= nowMs) return undefined;
  const [p50, p90] = [eta.p50, eta.p90].map((time) => formatMs(rounded(Date.parse(time) - nowMs)));
  return p50 === p90 ? `about ${p50} left` : `${p50} to ${p90} left`;
}

function rounded(restMs: number): number {
  const stepMs = restMs > 120_000 ? 60_000 : 5000;
  return Math.max(1, Math.round(restMs / stepMs)) * stepMs;
}
