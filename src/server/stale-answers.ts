/**
 * Owns the last good answers of reads, for the time in which Temporal cannot be reached: an answer from before, that says so, is
 * worth more than none. Bounded; of each caller's view its own.
 */
import { isTerminal, type JobSnapshot } from '../contract/snapshot.ts';
import { waitingFor } from '../contract/waiting-for.ts';

export interface StaleAnswer {
  readonly body: unknown;
  /** When it was true. ISO 8601. */
  readonly since: string;
}

const MOST = 500;
const MAX_CHARACTERS = 256 * 1024;

export class StaleAnswers {
  /** Kept as text, the least recently given first. */
  readonly #answers = new Map<string, { readonly text: string; readonly since: string }>();

  keep(key: string, text: string): void {
    this.#answers.delete(key);
    if (text.length > MAX_CHARACTERS) return;
    this.#answers.set(key, { text, since: new Date().toISOString() });
    const oldest = this.#answers.keys().next().value;
    if (this.#answers.size > MOST && oldest !== undefined) this.#answers.delete(oldest);
  }

  /** The last answer; of a job that had not ended with the reason why it is not newer. */
  get(key: string): StaleAnswer | undefined {
    const found = this.#answers.get(key);
    if (found === undefined) return undefined;
    const { since } = found;
    const body = JSON.parse(found.text) as unknown;
    return {
      since,
      body: isOpenJob(body) ? { ...body, waitingFor: waitingFor({ code: 'unreachable', since, error: 'Temporal does not answer' }) } : body,
    };
  }
}

function isOpenJob(body: unknown): body is JobSnapshot {
  const { runId, status } = (body ?? {}) as Partial<JobSnapshot>;
  return typeof runId === 'string' && status !== undefined && !isTerminal(status);
}
