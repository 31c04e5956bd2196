/**
 * Owns what this process has counted and not sent yet, by queue and job type. How it is counted is in
 * `contract/statistics`; when it is sent in `statistics-sender.ts`.
 */
import type { AttemptObserver, ObservedAttempt } from '../activities/attempt-observer.ts';
import type { AttemptEnd } from '../activities/handle.ts';
import { codeOf } from '../activities/error-code.ts';
import { messageOf } from '../contract/errors.ts';
import { mergeQueues, type QueueStatistics, typeIn } from '../contract/statistics/queue-statistics.ts';
import { LOOK_EVERY_MS, ProgressLooks } from '../contract/statistics/progress-looks.ts';
import {
  emptyType,
  type TypeStatistics,
  withCancel,
  withCompletion,
  withFailure,
  withMany,
} from '../contract/statistics/type-statistics.ts';

const MOST_AT_ONCE = 500;

/** Attempts of one type that are counted together. */
interface Soon extends Pick<ObservedAttempt, 'queue' | 'type'> {
  readonly waitsMs: number[];
  readonly runsMs: number[];
}

export class AttemptStatistics implements AttemptObserver {
  readonly #counted = new Map<string, QueueStatistics>();
  readonly #soon = new Map<string, Soon>();
  readonly #running = new Map<ObservedAttempt, ProgressLooks>();
  readonly #onNews: () => void;
  #timer: NodeJS.Timeout | undefined;

  /** @param onNews called whenever there is something to send */
  constructor(onNews: () => void) {
    this.#onNews = onNews;
  }

  attemptStarted(attempt: ObservedAttempt): void {
    this.#running.set(attempt, new ProgressLooks());
    this.#timer ??= setInterval(() => this.#look(), LOOK_EVERY_MS).unref();
    const { waitedMs } = attempt;
    if (waitedMs !== undefined) this.#countSoon(attempt, 'waitsMs', waitedMs);
  }

  attemptEnded(attempt: ObservedAttempt, end: AttemptEnd): void {
    const looks = this.#running.get(attempt);
    this.#running.delete(attempt);
    if (this.#running.size === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
    if (end.outcome === 'shutdown' || end.outcome === 'snoozed') return;
    const at = Date.now();
    const hasLooks = looks !== undefined && looks.samples.length > 0;
    if (end.outcome === 'completed' && !hasLooks) this.#countSoon(attempt, 'runsMs', at - attempt.startedAt.getTime());
    else this.#count(attempt, (counted) => withEnd(counted, { attempt, end, at, looks }));
  }

  /** What was counted since the last time, by queue. */
  take(): ReadonlyMap<string, QueueStatistics> {
    for (const soon of this.#soon.values()) this.#countThose(soon);
    const taken = new Map(this.#counted);
    this.#counted.clear();
    return taken;
  }

  /** Takes back what could not be sent. */
  putBack(queue: string, statistics: QueueStatistics): void {
    this.#counted.set(queue, mergeQueues(statistics, this.#counted.get(queue) ?? {}, Date.now()));
  }

  /** What there is most of is counted many at a time. */
  #countSoon({ queue, type }: ObservedAttempt, kind: 'waitsMs' | 'runsMs', milliseconds: number): void {
    const key = `${queue} ${type}`;
    const soon = this.#soon.get(key) ?? { queue, type, waitsMs: [], runsMs: [] };
    this.#soon.set(key, soon);
    soon[kind].push(milliseconds);
    if (soon[kind].length >= MOST_AT_ONCE) this.#countThose(soon);
    this.#onNews();
  }

  #countThose({ queue, type, ...soon }: Soon): void {
    this.#soon.delete(`${queue} ${type}`);
    this.#count({ queue, type }, (counted, at) => withMany(counted, { at, ...soon }));
  }

  #count({ queue, type }: Pick<ObservedAttempt, 'queue' | 'type'>, change: (counted: TypeStatistics, at: number) => TypeStatistics): void {
    const at = Date.now();
    const counted = this.#counted.get(queue) ?? {};
    this.#counted.set(queue, { ...counted, [type]: change(typeIn(counted, type) ?? emptyType(at), at) });
    this.#onNews();
  }

  #look(): void {
    for (const [attempt, looks] of this.#running) {
      const percent = attempt.state.progress?.percent;
      if (percent !== undefined) looks.note({ elapsedMs: Date.now() - attempt.startedAt.getTime(), percent });
    }
  }
}

interface Ended {
  readonly attempt: ObservedAttempt;
  readonly end: Exclude<AttemptEnd, { outcome: 'shutdown' | 'snoozed' }>;
  readonly at: number;
  readonly looks: ProgressLooks | undefined;
}

function withEnd(counted: TypeStatistics, { attempt, end, at, looks }: Ended): TypeStatistics {
  if (end.outcome === 'completed') return withCompletion(counted, { at, ranMs: at - attempt.startedAt.getTime(), looks });
  if (end.outcome === 'cancelled') return withCancel(counted, at);
  const { error, isLast } = end;
  return withFailure(counted, { error: { code: codeOf(error), message: messageOf(error), jobId: attempt.jobId, at }, isLast });
}
