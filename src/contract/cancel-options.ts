/** Owns what can be said with a cancel, and its check. */
import { actionNote, type ActionNote } from './actions.ts';

/** Why and by whom; without a reason it is 'cancelled by the client'. */
export type CancelOptions = ActionNote;

/**
 * The options, checked; a bare text is the reason.
 * @throws JobError `invalid-options`
 */
export function cancelOptions(options: string | CancelOptions = {}): { readonly reason: string; readonly actor?: string } {
  return { reason: 'cancelled by the client', ...actionNote(typeof options === 'string' ? { reason: options } : options, 'cancel') };
}
