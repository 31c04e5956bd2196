/**
 * Owns that a blocked event loop is not taken for a dead worker: a thread beside it sends the heartbeats meanwhile, and the
 * worker's log says afterwards how long it was blocked and which attempts ran.
 *
 * The thread knows of every attempt before its handler is called, since nothing can be told once the loop is blocked. Without
 * the thread (it could not be started, or crashed) all goes on as it does in a worker that has none.
 */
import { Worker as Thread } from 'node:worker_threads';
import type { AttemptGuard, Guarded, GuardedAttempt } from '../activities/attempt-guard.ts';
import type { AttemptState } from '../contract/attempts.ts';
import { formatMs } from '../contract/duration.ts';
import { messageOf } from '../contract/errors.ts';
import type { Log } from '../log.ts';
import type { AttemptCalls } from './attempt-calls.ts';
import { type AttemptMessage, monotonicMs, type StopMessage, type WatchdogSettings } from './watchdog-messages.ts';
import { BLOCKED_AFTER_MS } from './watched-attempts.ts';

const TICK_EVERY_MS = 100;
/** A loop that turned this late may have kept jobs that were given to this process from it, and others after them. */
const LATE_MS = 500;
const LATE_FOR_MS = 60_000;
/** Attempts that a log line names. */
const MAX_NAMED = 10;

/** Compiled code also where the rest runs from source: a thread has no loader for TypeScript. */
const program = new URL('../../dist/worker/watchdog-thread.js', import.meta.url);

export interface WatchdogOptions extends Pick<WatchdogSettings, 'server' | 'identity'> {
  readonly calls: AttemptCalls;
  readonly log: Log;
  /** @default the compiled thread of this package */
  readonly program?: URL;
}

export class Watchdog implements AttemptGuard {
  readonly #log: Log;
  readonly #calls: AttemptCalls;
  readonly #timer: NodeJS.Timeout;
  readonly #tick = new BigInt64Array(new SharedArrayBuffer(8));
  readonly #attempts = new Map<number, GuardedAttempt>();
  readonly #takenOver = new Set<number>();
  #lastId = 0;
  #thread: Thread | undefined;
  /** Attempts that ended since the loop last turned: a handler that blocked to its end is among them. */
  #ended: { readonly id: number; readonly attempt: GuardedAttempt }[] = [];
  /** Those that ended in the turn before. */
  #leaving: readonly number[] = [];
  /** When the loop last turned late. */
  #lateAtMs = Number.NEGATIVE_INFINITY;
  #isClosing = false;

  constructor({ log, calls, server, identity, program: file = program }: WatchdogOptions) {
    this.#log = log;
    this.#calls = calls;
    Atomics.store(this.#tick, 0, BigInt(monotonicMs()));
    this.#timer = setInterval(() => this.#turn(), TICK_EVERY_MS).unref();
    const settings: WatchdogSettings = { server, identity, ticks: this.#tick.buffer };
    try {
      // Without the process's own arguments: loaders and debuggers are not for this thread.
      this.#thread = new Thread(file, { workerData: settings, execArgv: [], name: 'holdfast watchdog' });
      this.#thread.unref();
      this.#thread.on('message', (message: StopMessage) => this.#attempts.get(message.id)?.stop(message.why));
      this.#thread.on('error', (error) => this.#lose(error));
      this.#thread.on('exit', () => this.#lose(new Error('it has ended')));
    } catch (error) {
      this.#lose(error);
    }
  }

  watch(attempt: GuardedAttempt, record: AttemptState): Guarded {
    this.#lastId += 1;
    const id = this.#lastId;
    this.#attempts.set(id, attempt);
    const { taskToken, heartbeatMs } = attempt;
    let sent: NonNullable<AttemptMessage['attempt']> = { taskToken, heartbeatMs, record: JSON.stringify(record), isTakenOver: false };
    let lastRecord = record;
    const send = (changes: Partial<typeof sent>): void => {
      sent = { ...sent, ...changes };
      this.#post({ id, attempt: sent });
    };
    send({});
    return {
      isSuspect: () => this.#isSuspect(attempt),
      isOpen: async () => !this.#isSuspect(attempt) || (await this.#calls.isOpen(taskToken, lastRecord)),
      update: (newest, timeoutMs) => {
        if (newest === lastRecord && timeoutMs === undefined) return;
        lastRecord = newest;
        const limit = timeoutMs === undefined ? {} : { timeoutMs, endsAtMs: monotonicMs() + timeoutMs };
        send({ record: JSON.stringify(newest), ...limit });
      },
      takeOver: () => {
        if (this.#thread === undefined) return false;
        this.#takenOver.add(id);
        send({ isTakenOver: true });
        return true;
      },
      report: (end, newest) => this.#report(attempt, end, newest),
      end: () => this.#end(id),
    };
  }

  /** Ends attempts that the SDK has given up, and which it therefore does not tell of the worker's shutdown. */
  stopTakenOver(): void {
    for (const id of this.#takenOver) this.#attempts.get(id)?.stop('gone');
  }

  async close(): Promise<void> {
    this.#turn();
    this.#isClosing = true;
    clearInterval(this.#timer);
    await this.#thread?.terminate();
  }

  #end(id: number): void {
    const attempt = this.#attempts.get(id);
    if (attempt !== undefined) this.#ended.push({ id, attempt });
    this.#attempts.delete(id);
    this.#takenOver.delete(id);
  }

  async #report({ taskToken, type, jobId }: GuardedAttempt, end: PromiseSettledResult<unknown>, record: AttemptState): Promise<void> {
    try {
      await this.#calls.report(taskToken, end, record);
    } catch (error) {
      this.#log.warn('end of an attempt not reported; its job runs again', { type, job: jobId, error: messageOf(error) });
    }
  }

  #post(message: AttemptMessage): void {
    this.#thread?.postMessage(message);
  }

  #isSuspect({ dueAtMs, heartbeatMs }: GuardedAttempt): boolean {
    const now = monotonicMs();
    const isLate = this.#stillForMs(now) >= LATE_MS || now - this.#lateAtMs < LATE_FOR_MS;
    return isLate && Date.now() - dueAtMs >= heartbeatMs / 2;
  }

  #stillForMs(now: number): number {
    return now - Number(Atomics.load(this.#tick, 0));
  }

  /**
   * Tells the thread that the event loop turns, and the log if it had not for a while. Called by a timer only: other callbacks
   * may follow each other for long without letting any timer fire, and heartbeats go by timer.
   */
  #turn(): void {
    const now = monotonicMs();
    const stillForMs = this.#stillForMs(now);
    Atomics.store(this.#tick, 0, BigInt(now));
    if (stillForMs >= LATE_MS) this.#lateAtMs = now;
    const ran = [...this.#ended.map(({ attempt }) => attempt), ...this.#attempts.values()];
    this.#letGo();
    if (stillForMs < BLOCKED_AFTER_MS || ran.length === 0) return;
    const named = ran.slice(0, MAX_NAMED).map(({ type, jobId }) => ({ type, job: jobId }));
    const fields = ran.length === 1 ? { ...named[0] } : { attempts: named, running: ran.length };
    this.#log.warn(`event loop blocked for ${formatMs(stillForMs)}`, fields);
  }

  /**
   * Has the thread forget the attempts that ended before the loop last turned. Not at once: what tells the server of an end may be held
   * up behind other handlers that block, as a heartbeat is.
   */
  #letGo(): void {
    for (const id of this.#leaving) this.#post({ id, attempt: undefined });
    this.#leaving = this.#ended.map(({ id }) => id);
    this.#ended = [];
  }

  #lose(error: unknown): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    this.#thread = undefined;
    this.#log.warn('no watchdog: a job that blocks the event loop for longer than its heartbeat runs twice', { error: messageOf(error) });
  }
}
