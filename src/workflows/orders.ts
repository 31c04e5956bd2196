/**
 * Owns what a job workflow does about signals sent by hand: it waits until the time that was set last, and knows that it
 * was given a priority. A job that got none makes no event and no promise more.
 */
import { condition, defineSignal, setHandler } from '@temporalio/workflow';
import { type ActionSignal, asActionSignal, BY_HAND } from '../contract/action-signal.ts';

const byHandSignal = defineSignal<[ActionSignal]>(BY_HAND);

export class Orders {
  /** True once the job was given a priority: workflow code is not told of it otherwise. */
  hasPriority = false;
  #dueMs: number | undefined;

  /** Signals that came before the first task of the workflow are heeded here and now. */
  constructor() {
    setHandler(byHandSignal, (value) => {
      const signal = asActionSignal(value);
      if (signal?.dueMs !== undefined) this.#dueMs = signal.dueMs;
      if (signal?.priorityKey !== undefined) this.hasPriority = true;
    });
  }

  /** True while the job may not start. */
  get isHeld(): boolean {
    return (this.#dueMs ?? 0) > Date.now();
  }

  /** When the job may start, ms since 1970, if that was changed. */
  get dueMs(): number | undefined {
    return this.#dueMs;
  }

  /** Resolves when the time is there, whatever it was changed to meanwhile. A cancel rejects it. */
  async due(): Promise<void> {
    for (let dueMs = this.#dueMs; dueMs !== undefined && this.isHeld; dueMs = this.#dueMs) {
      await condition(() => this.#dueMs !== dueMs, dueMs - Date.now());
    }
  }
}
