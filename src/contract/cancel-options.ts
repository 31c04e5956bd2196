/** Owns what can be said with a cancel, and its check. */
import { checkKeys, checkText } from './options.ts';

export interface CancelOptions {
  /** Why; kept in the job's record. 1–500 characters. @default 'cancelled by the client' */
  readonly reason?: string;
  /** Who asks for it, for the job's record: a user, a program. 1–200 characters. */
  readonly actor?: string;
}

const MAX_REASON_LENGTH = 500;
const MAX_ACTOR_LENGTH = 200;

/**
 * The options, checked; a bare text is the reason.
 * @throws JobError `invalid-options`
 */
export function cancelOptions(options: string | CancelOptions = {}): { readonly reason: string; readonly actor?: string } {
  if (typeof options === 'string') return { reason: checkText(options, 'the reason', MAX_REASON_LENGTH) };
  checkKeys(options, ['reason', 'actor'], 'cancel options');
  const { reason = 'cancelled by the client', actor } = options;
  return {
    reason: checkText(reason, 'the reason', MAX_REASON_LENGTH),
    ...(actor === undefined ? {} : { actor: checkText(actor, 'the actor', MAX_ACTOR_LENGTH) }),
  };
}
