/**
 * Owns when handlers were called, on the clock of the test server. A history keeps the last attempt only, and the record
 * in a snapshot has the times of the machine's clock, so each call is noted as it begins.
 */
import type { HandledJob, JobDeclaration } from '../activities/handle.ts';
import type { Clock } from './clock.ts';

interface Start {
  readonly jobId: string;
  readonly type: string;
  /** Ms since 1970. */
  readonly at: number;
}

export class AttemptStarts {
  readonly #starts: Start[] = [];
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The same job, each call of its handler noted. */
  noted(job: JobDeclaration): JobDeclaration {
    if (!('handler' in job)) return job;
    const handler: HandledJob['handler'] = async (input, context, services) => {
      // No time is skipped while a handler runs, so asking for the time does not change it.
      this.#starts.push({ jobId: context.jobId, type: context.type, at: await this.#clock.now() });
      return await job.handler(input, context, services);
    };
    return { ...job, handler };
  }

  /** Starts of the handlers that ran for a job, oldest first, ms since 1970; of one type only, if it is given. */
  of(jobId: string, type?: string): number[] {
    return this.#starts.filter((start) => start.jobId === jobId && (type === undefined || start.type === type)).map(({ at }) => at);
  }
}
