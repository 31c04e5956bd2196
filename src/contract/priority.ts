/** Owns the names of priorities and their order on the server (key 1 is served first). */
import { invalidOption } from './options.ts';

export const PRIORITIES = ['highest', 'high', 'normal', 'low', 'lowest'] as const;
export type Priority = (typeof PRIORITIES)[number];

/** The server's key, 1–5. Undefined for `normal`, which is what the server assumes. @throws JobError `invalid-options` */
export function priorityKey(priority: Priority): number | undefined {
  const index = PRIORITIES.indexOf(priority);
  if (index === -1) throw invalidOption('priority', `one of ${PRIORITIES.join(', ')}`, priority);
  return priority === 'normal' ? undefined : index + 1;
}

/** The name of a server's key; `normal` for none or an unknown one. */
export function priorityOfKey(key: number | null | undefined): Priority {
  return PRIORITIES[(key ?? 3) - 1] ?? 'normal';
}
