/** Owns what is shown of jobs while they are under way: on a terminal one block for all of them, elsewhere lines of changes. */
import type { Jobs } from '../client.ts';
import { isTerminal, type JobSnapshot } from '../contract/snapshot.ts';
import { ProgressLines } from './progress-lines.ts';
import { progressView } from './progress-view.ts';
import { RemainingTime } from './remaining-time.ts';
import type { Room, Screen } from './screen.ts';

interface Followed {
  snapshot: JobSnapshot;
  readonly remaining: RemainingTime;
}

export class JobFollower {
  readonly #client: Jobs;
  readonly #screen: Screen;
  readonly #jobs = new Map<string, Followed>();

  constructor(client: Jobs, screen: Screen) {
    this.#client = client;
    this.#screen = screen;
  }

  /** Shows the job until its end and gives its last snapshot; undefined when `signal` came first. */
  async follow(id: string, signal: AbortSignal): Promise<JobSnapshot | undefined> {
    const lines = new ProgressLines();
    try {
      for await (const snapshot of this.#client.watch(id, { signal })) {
        if (isTerminal(snapshot.status)) return snapshot;
        this.#note(snapshot);
        if (!this.#screen.isLive) this.#screen.say(...lines.next(snapshot, Date.now()));
      }
      return undefined;
    } finally {
      this.#jobs.delete(id);
      if (this.#jobs.size === 0) this.#screen.endBlock();
    }
  }

  #note(snapshot: JobSnapshot): void {
    const followed = this.#jobs.get(snapshot.id) ?? { snapshot, remaining: new RemainingTime() };
    followed.snapshot = snapshot;
    followed.remaining.note(snapshot.progress?.percent ?? 0, Date.now());
    this.#jobs.set(snapshot.id, followed);
    this.#screen.showBlock((room) => this.#block(room));
  }

  #block({ width, rows }: Room): string[] {
    const nowMs = Date.now();
    const room = { width, rows: Math.floor(rows / this.#jobs.size) };
    return [...this.#jobs.values()].flatMap(({ snapshot, remaining }) =>
      progressView({ snapshot, remainingMs: remaining.estimate(nowMs), nowMs }, room, this.#screen.style),
    );
  }
}
