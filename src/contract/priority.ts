/** Owns the names and numbers of priorities and their order on the server (key 1 is served first). */
import { invalidOption } from './options.ts';

export const PRIORITIES = ['highest', 'high', 'normal', 'low', 'lowest'] as const;
export type Priority = (typeof PRIORITIES)[number];
/** The server's key of `normal`, which it assumes for a job that was given none. */
export const NORMAL_KEY = PRIORITIES.indexOf('normal') + 1;

/** The priority that a name or a whole number stands for: ≥ 10 highest, 1 to 9 high, 0 normal, −1 to −9 low, ≤ −10 lowest. @throws JobError `invalid-options` */
export function priorityOf(priority: Priority | number): Priority {
  if (typeof priority === 'number' && Number.isInteger(priority)) return ofNumber(priority);
  const name = PRIORITIES.find((known) => known === priority);
  if (name === undefined) throw invalidOption('priority', `one of ${PRIORITIES.join(', ')}, or a whole number`, priority);
  return name;
}

function ofNumber(level: number): Priority {
  if (level === 0) return 'normal';
  if (level > 0) return level >= 10 ? 'highest' : 'high';
  return level <= -10 ? 'lowest' : 'low';
}

/** The server's key, 1–5. Undefined for `normal`, which is what the server assumes. @throws JobError `invalid-options` */
export function priorityKey(priority: Priority | number): number | undefined {
  const name = priorityOf(priority);
  return name === 'normal' ? undefined : PRIORITIES.indexOf(name) + 1;
}

/** The name of a server's key; `normal` for none or an unknown one. */
export function priorityOfKey(key: number | null | undefined): Priority {
  return PRIORITIES[(key ?? NORMAL_KEY) - 1] ?? 'normal';
}
