/** Owns the signal that something done by hand leaves in a job's history: the workflow heeds it, readers show it. */
import type { ActionNote } from './actions.ts';

/** Name of the signal. */
export const BY_HAND = 'by-hand';

const SIGNALLED = ['runNow', 'postpone', 'setPriority', 'retryNow'] as const;

/** The signal's argument. */
export interface ActionSignal extends ActionNote {
  readonly action: (typeof SIGNALLED)[number];
  /** When the job may start, ms since 1970. */
  readonly dueMs?: number;
  /** The server's key of the new priority. */
  readonly priorityKey?: number;
  /** Place of the job in its carrier. */
  readonly job?: number;
}

/** The value as such a signal, or undefined when it is not one: anybody can signal. */
export function asActionSignal(value: unknown): ActionSignal | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { action, dueMs, priorityKey, job } = value as Partial<Record<string, unknown>>;
  const isKnown = SIGNALLED.some((known) => known === action);
  const areNumbers = [dueMs, priorityKey, job].every((part) => part === undefined || Number.isFinite(part));
  return isKnown && areNumbers ? (value as ActionSignal) : undefined;
}
