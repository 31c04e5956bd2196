/** Owns the benchmark's worker and client processes, seen from the benchmark: started, asked, and ended by pid whatever happens. */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Answer, Request, Role } from './child-messages.ts';
import type { ContenderName, Place } from './contender.ts';

const STARTS_WITHIN_MS = 60_000;
const ANSWERS_WITHIN_MS = 180_000;
const STOPS_WITHIN_MS = 10_000;
const living = new Set<ChildProcess>();
let isClosed = false;

export class Child {
  readonly pid: number;
  readonly #process: ChildProcess;
  readonly #title: string;
  readonly #ended: Promise<void>;

  private constructor(child: ChildProcess, pid: number, title: string) {
    this.#process = child;
    this.pid = pid;
    this.#title = title;
    this.#ended = new Promise((resolve) => child.once('exit', () => resolve()));
    void this.#ended.then(() => living.delete(child));
  }

  /** A process that is ready to work. */
  static async start(role: Role, name: ContenderName, place: Place): Promise<Child> {
    if (isClosed) throw new Error('The benchmark is being ended: no process is started any more.');
    const script = fileURLToPath(new URL('child.js', import.meta.url));
    const forked = fork(script, [role, name, JSON.stringify(place)], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    if (forked.pid === undefined) throw new Error(`The ${role} process could not be started.`);
    living.add(forked);
    const child = new Child(forked, forked.pid, `${role} process of ${name}`);
    await child.#next('its start', STARTS_WITHIN_MS);
    return child;
  }

  /** The answer to one request; a process answers one at a time. */
  async ask(request: Request): Promise<readonly number[]> {
    const next = this.#next(`"${request.kind}"`, ANSWERS_WITHIN_MS);
    this.#process.send(request);
    const answer = await next;
    return answer.kind === 'answer' ? answer.values : [];
  }

  /** Ends the process: by itself, and with SIGKILL when it does not. A Temporal runtime is known to survive SIGTERM. */
  async stop(): Promise<void> {
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), STOPS_WITHIN_MS);
    if (this.#process.connected) this.#process.send({ kind: 'stop' } satisfies Request, () => undefined);
    await this.#ended;
    clearTimeout(timer);
  }

  #next(what: string, withinMs: number): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const settle = (finish: () => void): void => {
        clearTimeout(timer);
        this.#process.off('message', onMessage);
        this.#process.off('exit', onExit);
        finish();
      };
      const onMessage = (answer: Answer): void =>
        settle(() => (answer.kind === 'failed' ? reject(new Error(`The ${this.#title} failed: ${answer.message}`)) : resolve(answer)));
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

/** Ends every worker and client process at once, for good: none is started afterwards. For a benchmark that is cut off. */
export function killChildren(): void {
  isClosed = true;
  for (const child of living) child.kill('SIGKILL');
}
