/**
 * Owns the moment at which a job has really ended on the server: for the events, for the counts, and for `close`, which
 * lets go only then. It is told which jobs are about to end; each is waited for once.
 */
import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { JobClient } from '../client.ts';
import { isTerminal, type JobSnapshot } from '../contract/snapshot.ts';

export interface JobEndsParts {
  readonly client: JobClient;
  readonly read: (id: string) => Promise<JobSnapshot | undefined>;
  /** Called when the job has ended, before anybody who waits for it goes on. */
  readonly onEnd: (id: string) => void;
  /** True while somebody listens to the end of jobs; else it is not read. */
  readonly isWanted: () => boolean;
  /** Called with the ended job, if it is wanted. */
  readonly onRead: (snapshot: JobSnapshot) => void;
}

interface Wait {
  readonly ended: Promise<void>;
  isOver: boolean;
}

/** Ended jobs that are remembered, so that whoever learns of an end late does not announce it again. */
const REMEMBERED = 1000;
const RETRY_MS = 250;

export class JobEnds {
  readonly #parts: JobEndsParts;
  readonly #waits = new Map<string, Wait>();
  readonly #stop = new AbortController();

  constructor(parts: JobEndsParts) {
    this.#parts = parts;
    // One for each job that is about to end: no leak.
    setMaxListeners(0, this.#stop.signal);
  }

  /** Resolves when the job has ended and was announced; also at `stop`. Never rejects. */
  expect(id: string): Promise<void> {
    const known = this.#waits.get(id);
    if (known !== undefined) return known.ended;
    const wait: Wait = { ended: this.#untilEnded(id).then(() => void (wait.isOver = true)), isOver: false };
    this.#waits.set(id, wait);
    this.#forgetOldest();
    return wait.ended;
  }

  /** An attempt of the job starts: an end that was seen before is not its end. */
  restarted(id: string): void {
    if (this.#waits.get(id)?.isOver === true) this.#waits.delete(id);
  }

  get areOver(): boolean {
    return [...this.#waits.values()].every(({ isOver }) => isOver);
  }

  async allOver(): Promise<void> {
    await Promise.all([...this.#waits.values()].map(({ ended }) => ended));
  }

  stop(): void {
    this.#stop.abort();
  }

  async #untilEnded(id: string): Promise<void> {
    const { onEnd, onRead } = this.#parts;
    while (!this.#stop.signal.aborted) {
      const end = await this.#look(id).catch(() => undefined);
      if (end !== undefined) {
        onEnd(id);
        if (end !== 'not-read') onRead(end);
        return;
      }
      await sleep(RETRY_MS, undefined, { signal: this.#stop.signal }).catch(() => undefined);
    }
  }

  /** Undefined when the job is open or the server did not answer. One that is gone has ended. */
  async #look(id: string): Promise<JobSnapshot | 'not-read' | undefined> {
    const { client, isWanted, read } = this.#parts;
    const isCompleted = await client.result(id, { signal: this.#stop.signal }).then(
      () => true,
      () => false,
    );
    if (this.#stop.signal.aborted) return undefined;
    if (isCompleted && !isWanted()) return 'not-read';
    const snapshot = await read(id);
    if (snapshot === undefined) return 'not-read';
    return isTerminal(snapshot.status) ? snapshot : undefined;
  }

  #forgetOldest(): void {
    for (const [id, { isOver }] of this.#waits) {
      if (this.#waits.size <= REMEMBERED) return;
      if (isOver) this.#waits.delete(id);
    }
  }
}
