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
/** Tasks that were given to this process while it was blocked reach it within this time. */
const LATE_TASKS_MS = 1000;
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
  /** When the loop was last found to have been blocked, and for how long. */
  #lastBlock = { endedAtMs: 0, forMs: 0 };
  #isClosing = false;

  constructor({ log, calls, server, identity, program: file = program }: WatchdogOptions) {
    this.#log = log;
    this.#calls = calls;
    Atomics.store(this.#tick, 0, BigInt(monotonicMs()));
    this.#timer = setInterval(() => this.#look(), TICK_EVERY_MS).unref();
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
    this.#look();
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
    const isSuspect = this.#lastBlock.forMs >= heartbeatMs / 2 && monotonicMs() - this.#lastBlock.endedAtMs < LATE_TASKS_MS;
    return {
      isOpen: async () => !isSuspect || (await this.#calls.isOpen(taskToken, lastRecord)),
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
    this.#isClosing = true;
    clearInterval(this.#timer);
    await this.#thread?.terminate();
  }

  #end(id: number): void {
    // A handler that blocked to its end: its attempt is over before the next tick.
    this.#look();
    this.#attempts.delete(id);
    this.#takenOver.delete(id);
    this.#post({ id, attempt: undefined });
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

  /** Tells the thread that the event loop turns, and the log if it had not for a while. */
  #look(): void {
    const now = monotonicMs();
    const stillForMs = now - Number(Atomics.load(this.#tick, 0));
    Atomics.store(this.#tick, 0, BigInt(now));
    if (stillForMs < BLOCKED_AFTER_MS) return;
    this.#lastBlock = { endedAtMs: now, forMs: stillForMs };
    if (this.#attempts.size === 0) return;
    const ran = [...this.#attempts.values()].slice(0, MAX_NAMED).map(({ type, jobId }) => ({ type, job: jobId }));
    const [only] = ran;
    this.#log.warn(
      `event loop blocked for ${formatMs(stillForMs)}`,
      this.#attempts.size === 1 ? { ...only } : { attempts: ran, running: this.#attempts.size },
    );
  }

  #lose(error: unknown): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    this.#thread = undefined;
    this.#log.warn('no watchdog: a job that blocks the event loop for longer than its heartbeat runs twice', { error: messageOf(error) });
  }
}
