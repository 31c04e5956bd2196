/**
 * Owns the threads that analyses run in, so that the worker's event loop is free for heartbeats and cancels of all its jobs,
 * whatever a repository holds: a thread that runs out of memory or is stuck ends alone. What it does is in `analysis.ts`.
 *
 * 1. A thread has one analysis at a time; as many are started as analyses run at once.
 * 2. One that has done its work is kept for the next: a start costs a tenth of a second of CPU. After a while it is ended.
 */
import { Worker as Thread } from 'node:worker_threads';
import { fieldOf, JobError, messageOf } from '../../contract/errors.ts';
import type { RepositoryReport } from '../../jobs/analyse-repositories.ts';
import { type AnalysisTask, receivedError, sentError, type ThreadMessage, type WorkerMessage } from './analysis-messages.ts';
import type { Language } from './language-data.ts';

export interface ThreadsOptions {
  /** Heap of one thread. @default 1024 */
  readonly memoryMb?: number | undefined;
  /** A thread that has not stopped by then is stuck, and ended; its git ends when the pipes break. @default 5000 */
  readonly patienceMs?: number;
  /** How long a thread without work is kept. @default 10000 */
  readonly idleMs?: number;
  /** @default the compiled thread of this package */
  readonly program?: URL;
}

export interface RunOptions {
  /** For a thread that is started: the data that all analyses share. */
  readonly languages: readonly Language[];
  /** Ends the analysis: its reason is thrown when git is gone. */
  readonly signal: AbortSignal;
  readonly onProgress: (percent: number, message: string) => void;
}

/** Compiled code also where the rest runs from source: a thread has no loader for TypeScript. */
const PROGRAM = new URL('../../../dist/activities/analyse-repositories/analysis-thread.js', import.meta.url);

export class AnalysisThreads {
  readonly #memoryMb: number;
  readonly #patienceMs: number;
  readonly #idleMs: number;
  readonly #program: URL;
  readonly #idle = new Map<Thread, NodeJS.Timeout>();

  constructor({ memoryMb = 1024, patienceMs = 5000, idleMs = 10_000, program = PROGRAM }: ThreadsOptions = {}) {
    this.#memoryMb = memoryMb;
    this.#patienceMs = patienceMs;
    this.#idleMs = idleMs;
    this.#program = program;
  }

  /**
   * The report of the analysis.
   * @throws JobError the reason of `signal`, `limit-exceeded` when it needs too much memory, or what the analysis threw
   */
  async run(task: AnalysisTask, { languages, signal, onProgress }: RunOptions): Promise<RepositoryReport> {
    signal.throwIfAborted();
    const thread = this.#idleThread() ?? this.#start(languages);
    const stopping = this.#stopOn(signal, thread);
    try {
      const end = await Promise.race([this.#endOf(thread, task, onProgress), stopping.overdue]);
      this.#keep(thread);
      // An analysis that was stopped ends with an error of its own making: the reason is what the caller knows.
      if ('error' in end) signal.throwIfAborted();
      if ('error' in end) throw receivedError(end.error);
      return end.report;
    } catch (error) {
      if (!this.#idle.has(thread)) await thread.terminate();
      throw error;
    } finally {
      stopping.settle();
    }
  }

  #start(languages: readonly Language[]): Thread {
    return new Thread(this.#program, {
      workerData: languages,
      // Without the process's own arguments and variables: loaders and debuggers are not for this thread.
      execArgv: [],
      env: {},
      resourceLimits: { maxOldGenerationSizeMb: this.#memoryMb },
      name: 'holdfast analysis',
    });
  }

  #idleThread(): Thread | undefined {
    for (const [thread, timer] of this.#idle) {
      clearTimeout(timer);
      this.#idle.delete(thread);
      stopListening(thread);
      thread.ref();
      return thread;
    }
    return undefined;
  }

  /** An idle thread keeps no process alive. */
  #keep(thread: Thread): void {
    const end = (): void => {
      clearTimeout(this.#idle.get(thread));
      this.#idle.delete(thread);
      void thread.terminate();
    };
    stopListening(thread);
    thread.on('error', end);
    thread.on('exit', end);
    thread.unref();
    this.#idle.set(thread, setTimeout(end, this.#idleMs).unref());
  }

  #stopOn(signal: AbortSignal, thread: Thread): { readonly overdue: Promise<never>; readonly settle: () => void } {
    const settled = new AbortController();
    const overdue = new Promise<never>((_resolve, reject) => {
      let patience: NodeJS.Timeout | undefined;
      const stop = (): void => {
        thread.postMessage({ stop: sentError(signal.reason) } satisfies WorkerMessage);
        patience = setTimeout(() => reject(signal.reason as Error), this.#patienceMs);
      };
      signal.addEventListener('abort', stop, { once: true, signal: settled.signal });
      settled.signal.addEventListener('abort', () => clearTimeout(patience), { once: true });
    });
    return { overdue, settle: () => settled.abort() };
  }

  async #endOf(
    thread: Thread,
    task: AnalysisTask,
    onProgress: RunOptions['onProgress'],
  ): Promise<Extract<ThreadMessage, { report: unknown } | { error: unknown }>> {
    return await new Promise((resolve, reject) => {
      thread.on('message', (message: ThreadMessage) => {
        if (!('percent' in message)) return resolve(message);
        try {
          onProgress(message.percent, message.message);
        } catch (error) {
          reject(error instanceof Error ? error : new Error(messageOf(error)));
        }
      });
      thread.on('error', (error) => reject(isOutOfMemory(error) ? tooMuchMemory(this.#memoryMb) : error));
      thread.on('exit', () => reject(new Error('The thread of the analysis ended before its work did.')));
      thread.postMessage({ task } satisfies WorkerMessage);
    });
  }
}

/** By name: a thread listens to itself, too. */
function stopListening(thread: Thread): void {
  for (const event of ['message', 'error', 'exit']) thread.removeAllListeners(event);
}

function isOutOfMemory(error: unknown): boolean {
  return fieldOf(error, 'code') === 'ERR_WORKER_OUT_OF_MEMORY';
}

function tooMuchMemory(memoryMb: number): JobError {
  return new JobError(
    'limit-exceeded',
    `The analysis of the repository needs more than ${memoryMb} MB of memory. Raise memoryMb in the settings of the worker, or lower options.maxEntries.`,
    { details: { limit: 'memoryMb', memoryMb } },
  );
}
