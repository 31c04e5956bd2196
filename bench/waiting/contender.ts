/**
 * Owns what the parts `cancel`, `recovery` and `heartbeat` ask of each contender: a job whose handler says that it was started and
 * then waits, without doing anything, until it is told to stop. How each does it is in the file of its name.
 */
import type { Place } from '../contender.ts';

export interface WaitingInput {
  /** What the benchmark calls the job. */
  readonly job: string;
}

/** What happens to a handler. `told`: its signal fired. */
export type Moment = 'started' | 'told';
export type Report = (moment: Moment, job: string) => void;

export interface WaitingPlan<Variant> {
  readonly place: Place;
  readonly variant: Variant;
}

export interface WorkerPlan<Variant> extends WaitingPlan<Variant> {
  /** Handlers at the same time. */
  readonly concurrency: number;
  readonly report: Report;
}

export interface WaitingClient {
  /** Resolves when the server has acknowledged the job, to its id. */
  add(input: WaitingInput): Promise<string>;
  /** Resolves when the server has acknowledged the cancel. */
  cancel(id: string): Promise<void>;
  close(): Promise<void>;
}

export interface WaitingContender<Variant> {
  /** In the worker process: serves the queue until the process is killed. Resolves when it is ready. */
  startWorker(plan: WorkerPlan<Variant>): Promise<void>;
  /** In the benchmark's own process. */
  connect(plan: WaitingPlan<Variant>): Promise<WaitingClient>;
}

/** What the handler does, for all contenders: nothing, until its signal fires. */
export function waitUntilTold({ job }: WaitingInput, signal: AbortSignal, report: Report): Promise<never> {
  report('started', job);
  return new Promise((_resolve, reject) => {
    const stop = (): void => {
      report('told', job);
      reject(signal.reason as Error);
    };
    signal.addEventListener('abort', stop, { once: true });
  });
}
