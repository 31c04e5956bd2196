/** Owns the worker process of the waiting job, seen from the benchmark: when a handler of it started and when it was told to stop. */
import { Child } from '../child-process.ts';
import { type Place, TITLES } from '../contender.ts';
import type { Moment } from './contender.ts';
import type { Variant } from './variant.ts';

/** What the process is started with. */
export interface WorkerSettings {
  readonly place: Place;
  readonly variant: Variant;
  readonly concurrency: number;
}

/** What the process tells. */
export interface WaitingEvent {
  readonly moment: Moment;
  readonly job: string;
  /** In the time of `now()`. */
  readonly at: number;
}

/** The slowest contender needs a minute. */
const HAPPENS_WITHIN_MS = 150_000;

export class WorkerProcess {
  readonly pid: number;
  readonly #child: Child<never>;
  readonly #events: Events;

  private constructor(child: Child<never>, events: Events) {
    this.pid = child.pid;
    this.#child = child;
    this.#events = events;
  }

  /** A process that is ready to take jobs. */
  static async start(settings: WorkerSettings): Promise<WorkerProcess> {
    const events = new Events();
    const child = await Child.start<never>({
      script: new URL('child.js', import.meta.url),
      args: [JSON.stringify(settings)],
      title: `worker process of ${TITLES[settings.variant.contender]}`,
      onEvent: (event) => events.note(event as WaitingEvent),
    });
    return new WorkerProcess(child, events);
  }

  /** When the handler of a job started here, or was told to stop. Rejects when that does not happen. */
  time(moment: Moment, job: string): Promise<number> {
    return this.#events.time(moment, job);
  }

  /** SIGKILL: there is nothing to keep. */
  kill(): Promise<void> {
    return this.#child.kill();
  }
}

/** The events of a process, those that are waited for included. */
class Events {
  readonly #times = new Map<string, number>();
  readonly #waiting = new Map<string, (at: number) => void>();

  note({ moment, job, at }: WaitingEvent): void {
    const key = `${moment} ${job}`;
    this.#times.set(key, at);
    this.#waiting.get(key)?.(at);
  }

  time(moment: Moment, job: string): Promise<number> {
    const key = `${moment} ${job}`;
    const known = this.#times.get(key);
    if (known !== undefined) return Promise.resolve(known);
    return new Promise((resolve, reject) => {
      const message = `The handler of job "${job}" was not ${moment} within ${HAPPENS_WITHIN_MS / 1000} s.`;
      const timer = setTimeout(() => reject(new Error(message)), HAPPENS_WITHIN_MS);
      this.#waiting.set(key, (at) => {
        clearTimeout(timer);
        resolve(at);
      });
    });
  }
}
