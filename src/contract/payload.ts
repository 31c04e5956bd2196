/** Owns the limits of what Temporal carries (size and depth), and what counts as JSON. */
import { type ErrorCode, JobError, messageOf } from './errors.ts';
import { flawOf, MAX_DEPTH } from './json-value.ts';
import { isReserved, REFERENCE_KEY, storedPayloadOf } from './payload-reference.ts';

/** The largest input or output that travels itself, in bytes of JSON. Temporal refuses values over 2 MiB; the rest is room for its envelope. */
export const MAX_PAYLOAD_BYTES = 1_900_000;
/** The largest input or output that is kept in a payload folder, in bytes of JSON. */
export const MAX_STORED_BYTES = 100_000_000;
/** The largest checkpoint: it travels with every heartbeat. */
export const MAX_CHECKPOINT_BYTES = 64 * 1024;

export interface PayloadRule {
  /** Code of the error for a value that JSON cannot carry (bigint, a cycle, over 64 levels). @default 'invalid-input' */
  readonly code?: ErrorCode;
  /** @default MAX_PAYLOAD_BYTES */
  readonly limitBytes?: number;
  /** What to do about a value over the limit. @default store the data elsewhere */
  readonly advice?: string;
  /** True: a value that JSON would change without a word (`NaN`, a `Map`) is refused. @default false */
  readonly isExact?: boolean;
}

/** A value as it will arrive, and the text that carries it: undefined for `undefined`, which JSON has no word for. */
export interface EncodedPayload {
  readonly value: unknown;
  readonly json: string | undefined;
}

const ADVICE = 'Store the data elsewhere and pass a reference.';
/** A character of text is at most so many bytes of UTF-8. */
const BYTES_OF_CHARACTER = 3;

/**
 * The value as it will arrive: what JSON keeps of it.
 * @param what what the message calls the value, for example `input of "send-email"`
 * @throws JobError `payload-too-large`, or the rule's code
 */
export function checkPayload(value: unknown, what: string, rule: PayloadRule = {}): unknown {
  return encodePayload(value, what, rule).value;
}

/** The same with the JSON that carries it. @throws JobError `payload-too-large`, or the rule's code */
export function encodePayload(value: unknown, what: string, rule: PayloadRule = {}): EncodedPayload {
  const { code = 'invalid-input', limitBytes = MAX_PAYLOAD_BYTES, advice = ADVICE } = rule;
  const json = toJson(value, what, rule);
  if (json === undefined) return { value: undefined, json };
  const bytes = json.length * BYTES_OF_CHARACTER > limitBytes ? new TextEncoder().encode(json).length : 0;
  if (bytes > limitBytes) {
    throw new JobError('payload-too-large', `The ${what} is ${bytes} bytes of JSON; at most ${limitBytes} can be carried. ${advice}`, {
      details: { bytes, limitBytes },
    });
  }
  const arrives = JSON.parse(json) as unknown;
  if (isReserved(arrives))
    throw new JobError(code, `The ${what} has the key "${REFERENCE_KEY}", which is Holdfast's own. Name it otherwise.`);
  return { value: arrives, json };
}

/** A value that has to travel itself. */
export interface InlineRule {
  /** What the message calls the value, for example `input of "send-email"`. */
  readonly what: string;
  /** Who takes it and cannot read a stored one. */
  readonly taker: string;
  /** What its maker is to do with a reference of their own. */
  readonly by: 'pass' | 'return';
}

/** The value, unless a reference to where it is stored has come in its place. @throws JobError `payload-too-large` */
export function inlineValue(value: unknown, { what, taker, by }: InlineRule): unknown {
  const stored = storedPayloadOf(value);
  if (stored === undefined) return value;
  throw new JobError(
    'payload-too-large',
    `The ${what} is ${stored.bytes} bytes of JSON; ${taker} takes at most ${MAX_PAYLOAD_BYTES}. Store the data elsewhere and ${by} a reference.`,
    { details: { bytes: stored.bytes, limitBytes: MAX_PAYLOAD_BYTES } },
  );
}

function toJson(value: unknown, what: string, { code = 'invalid-input', isExact = false }: PayloadRule): string | undefined {
  const flaw = attempt(() => flawOf(value, { isExact }), what, code);
  if (flaw?.kind === 'loss') {
    const found = flaw.path === '' ? `is ${flaw.what}` : `has ${flaw.what} at ${flaw.path.slice(0, MAX_PATH_LENGTH)}`;
    throw new JobError(code, `The ${what} ${found}, which JSON would turn into ${flaw.becomes}. Write it in terms of JSON.`, {
      details: { path: flaw.path.slice(0, MAX_PATH_LENGTH) },
    });
  }
  if (flaw?.kind === 'depth') throw tooDeep(value, what, code);
  return attempt(() => JSON.stringify(value) as string | undefined, what, code);
}

const MAX_PATH_LENGTH = 500;

/** A cycle is too deep as well, and JSON says better what is wrong with it. */
function tooDeep(value: unknown, what: string, code: ErrorCode): JobError {
  try {
    JSON.stringify(value);
  } catch (error) {
    if (error instanceof TypeError) return unwritable(error, what, code);
  }
  return new JobError(code, `The ${what} is nested deeper than ${MAX_DEPTH} levels. Flatten it, or pass the deep part as a text.`, {
    details: { maxDepth: MAX_DEPTH },
  });
}

function attempt<T>(body: () => T, what: string, code: ErrorCode): T {
  try {
    return body();
  } catch (error) {
    throw unwritable(error, what, code);
  }
}

function unwritable(error: unknown, what: string, code: ErrorCode): JobError {
  return new JobError(code, `The ${what} cannot be written as JSON: ${messageOf(error).slice(0, MAX_PATH_LENGTH)}`, { cause: error });
}
