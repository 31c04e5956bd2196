/** Owns the benchmark's child processes, seen from the benchmark: started, asked, and ended by pid whatever happens. */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Message, Stop } from './child-messages.ts';

const STARTS_WITHIN_MS = 60_000;
const ANSWERS_WITHIN_MS = 180_000;
const STOPS_WITHIN_MS = 10_000;
const living = new Set<ChildProcess>();
let isClosed = false;

export interface ChildProgram {
  /** A program that calls `answerRequests`. */
  readonly script: URL;
  readonly args: readonly string[];
  /** What messages call it. */
  readonly title: string;
  readonly onEvent?: (event: unknown) => void;
}

export class Child<Request extends { readonly kind: string }> {
  readonly pid: number;
  /** Resolves when the process is gone, however it went. */
  readonly ended: Promise<void>;
  readonly #process: ChildProcess;
  readonly #title: string;

  private constructor(child: ChildProcess, pid: number, { title, onEvent }: ChildProgram) {
    this.#process = child;
    this.pid = pid;
    this.#title = title;
    this.ended = new Promise((resolve) => child.once('exit', () => resolve()));
    void this.ended.then(() => living.delete(child));
    child.on('message', (message: Message) => {
      if (message.kind === 'event') onEvent?.(message.event);
    });
  }

  /** A process that is ready to work. */
  static async start<Request extends { readonly kind: string }>(program: ChildProgram): Promise<Child<Request>> {
    if (isClosed) throw new Error('The benchmark is being ended: no process is started any more.');
    const forked = fork(fileURLToPath(program.script), program.args, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    if (forked.pid === undefined) throw new Error(`The ${program.title} could not be started.`);
    living.add(forked);
    const child = new Child<Request>(forked, forked.pid, program);
    await child.#next('its start', STARTS_WITHIN_MS);
    return child;
  }

  /** The answer to one request; a process answers one at a time. */
  async ask(request: Request): Promise<readonly number[]> {
    const next = this.#next(`"${request.kind}"`, ANSWERS_WITHIN_MS);
    this.#process.send(request);
    return await next;
  }

  /** Ends the process: by itself, and with SIGKILL when it does not. A Temporal runtime is known to survive SIGTERM. */
  async stop(): Promise<void> {
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), STOPS_WITHIN_MS);
    if (this.#process.connected) this.#process.send({ kind: 'stop' } satisfies Stop, () => undefined);
    await this.ended;
    clearTimeout(timer);
  }

  /** SIGKILL: the process ends as in a crash. */
  async kill(): Promise<void> {
    this.#process.kill('SIGKILL');
    await this.ended;
  }

  #next(what: string, withinMs: number): Promise<readonly number[]> {
    return new Promise((resolve, reject) => {
      const settle = (finish: () => void): void => {
        clearTimeout(timer);
        this.#process.off('message', onMessage);
        this.#process.off('exit', onExit);
        finish();
      };
      const onMessage = (message: Message): void => {
        if (message.kind === 'failed') settle(() => reject(new Error(`The ${this.#title} failed: ${message.message}`)));
        if (message.kind === 'ready') settle(() => resolve([]));
        if (message.kind === 'answer') settle(() => resolve(message.values));
      };
      const onExit = (): void => settle(() => reject(new Error(`The ${this.#title} ended before the answer to ${what}.`)));
      const timer = setTimeout(
        () => settle(() => reject(new Error(`The ${this.#title} did not answer ${what} within ${withinMs / 1000} s.`))),
        withinMs,
      );
      this.#process.on('message', onMessage);
      this.#process.once('exit', onExit);
    });
  }
}

/** Ends every child process at once, for good: none is started afterwards. For a benchmark that is cut off. */
export function killChildren(): void {
  isClosed = true;
  for (const child of living) child.kill('SIGKILL');
}
