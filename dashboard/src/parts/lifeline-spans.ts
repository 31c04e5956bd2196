/** Owns what the lifeline of a job is made of: spans of waiting, attempts and rests, and the progress that was seen. Pure. */
import { isTerminal, type JobSnapshot } from '../../../src/contract/snapshot.ts';

export interface Span {
  readonly kind: 'wait' | 'attempt' | 'rest';
  readonly fromMs: number;
  readonly toMs: number;
  readonly name: string;
  /** Of an attempt: how it stands. */
  readonly look: 'processing' | 'completed' | 'failed' | 'cancelled' | 'wait' | 'rest';
}

export interface Lifeline {
  readonly spans: readonly Span[];
  readonly fromMs: number;
  readonly nowMs: number;
  /** The end of the axis: now, or the time by which nine of ten such jobs are done. */
  readonly toMs: number;
  readonly eta: { readonly p50: number; readonly p90: number } | undefined;
}

/** What a job has gone through until `now`. */
export function lifelineOf(job: JobSnapshot, now: number): Lifeline {
  const fromMs = Date.parse(job.addedAt);
  const endMs = job.endedAt === undefined ? now : Date.parse(job.endedAt);
  const eta = job.eta === null || job.eta === 'unknown' ? undefined : { p50: Date.parse(job.eta.p50), p90: Date.parse(job.eta.p90) };
  const spans = [...pastSpans(job, fromMs), ...lastSpans(job, { fromMs, endMs })].filter(({ fromMs: from, toMs }) => toMs >= from);
  const toMs = Math.max(endMs, eta !== undefined && eta.p90 > now ? eta.p90 : endMs);
  return { spans, fromMs, nowMs: endMs, toMs: Math.max(toMs, fromMs + 1), eta: eta !== undefined && eta.p90 > now ? eta : undefined };
}

function pastSpans(job: JobSnapshot, fromMs: number): Span[] {
  const spans: Span[] = [];
  let at = fromMs;
  for (const record of job.attempts) {
    const [startMs, endMs] = [timeOr(record.startedAt, at), timeOr(record.endedAt, at)];
    if (spans.length === 0) spans.push({ kind: 'wait', fromMs, toMs: startMs, name: 'waiting', look: 'wait' });
    spans.push({
      kind: 'attempt',
      fromMs: startMs,
      toMs: endMs,
      name: `attempt ${record.attempt}`,
      look: record.outcome === 'shutdown' ? 'cancelled' : 'failed',
    });
    if (record.backoffMs !== undefined)
      spans.push({ kind: 'rest', fromMs: endMs, toMs: endMs + record.backoffMs, name: 'back-off', look: 'rest' });
    at = endMs + (record.backoffMs ?? 0);
  }
  return spans;
}

function lastSpans(job: JobSnapshot, { fromMs, endMs }: { readonly fromMs: number; readonly endMs: number }): Span[] {
  const hasFailedLast = job.status === 'failed' && job.attempts.length > 0;
  if (hasFailedLast || job.status === 'retrying') return [];
  const hasStarted = job.startedAt !== undefined && job.attempt > 0;
  if (!hasStarted) return [{ kind: 'wait', fromMs, toMs: endMs, name: 'waiting', look: 'wait' }];
  const startMs = timeOr(job.startedAt, fromMs);
  const wait: Span[] = job.attempts.length > 0 ? [] : [{ kind: 'wait', fromMs, toMs: startMs, name: 'waiting', look: 'wait' }];
  return [...wait, { kind: 'attempt', fromMs: startMs, toMs: endMs, name: `attempt ${job.attempt}`, look: lookOf(job) }];
}

function lookOf({ status }: JobSnapshot): Span['look'] {
  if (!isTerminal(status)) return 'processing';
  return status;
}

function timeOr(time: string | undefined, otherwise: number): number {
  return time === undefined ? otherwise : Date.parse(time);
}
