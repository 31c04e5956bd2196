/** Owns one attempt at one receiver: its place among the others, its time limit, and the log in which it is kept whatever becomes of it. */
import { type DeliveryAttempt, MAX_ANSWER_LENGTH } from '../../jobs/send-notification.ts';
import { messageOf } from '../../contract/errors.ts';
import { NOT_IN_A_LINE } from '../../contract/receiver.ts';
import type { HandlerContext } from '../handle.ts';
import type { Place } from './receivers.ts';

interface Log {
  readonly log: DeliveryAttempt[];
}

/** What a receiver answered. */
export interface Answer {
  /** HTTP status, or reply code of a mail server. Null: none came. */
  readonly status: number | null;
  readonly text: string;
  /** Why that is no delivery. */
  readonly failure?: Error;
  /** The receiver asked to be left alone for so long. */
  readonly closedMs?: number;
}

export interface DeliveryCall {
  readonly context: HandlerContext<Log>;
  readonly place: Place;
  readonly timeoutMs: number;
}

/** Attempts that the log keeps: the newest. */
const MAX_LOG = 25;
const MAX_ERROR_LENGTH = 300;
/** What has no place in a line, and what stands for bytes that are no text. */
const NOT_SHOWN = new RegExp(`(?:${NOT_IN_A_LINE.source}|\ufffd)+`, 'g');

/** Makes the attempt; gives the log of all attempts so far. Throws what the receiver's answer means. */
export async function deliver(
  { context, place, timeoutMs }: DeliveryCall,
  exchange: (signal: AbortSignal) => Promise<Answer>,
): Promise<Log> {
  const at = new Date();
  const signal = AbortSignal.any([context.signal, AbortSignal.timeout(timeoutMs)]);
  const answer: Answer = await exchange(signal).catch((error: unknown) => ({ status: null, text: '', failure: error as Error }));
  place.leave(answer.closedMs);
  // What a cancel or a shutdown cut off says nothing about the receiver.
  context.signal.throwIfAborted();
  const { failure } = answer;
  const attempt: DeliveryAttempt = {
    at: at.toISOString(),
    ms: Math.max(0, Date.now() - at.getTime()),
    status: answer.status,
    answer: shown(answer.text, MAX_ANSWER_LENGTH),
    ...(failure === undefined ? {} : { error: shown(messageOf(failure), MAX_ERROR_LENGTH) }),
  };
  const log = [...(context.lastCheckpoint?.log ?? []), attempt].slice(-MAX_LOG);
  context.checkpoint({ log });
  if (failure !== undefined) throw failure;
  return { log };
}

/** The start of a text from outside, on one line. */
export function shown(text: string, length: number): string {
  return text.replaceAll(NOT_SHOWN, ' ').trim().slice(0, length);
}
