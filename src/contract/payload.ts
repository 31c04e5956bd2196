/** Owns the size limits of what Temporal carries, and what counts as JSON. */
import { type ErrorCode, JobError, messageOf } from './errors.ts';

/** The largest input or output, in bytes of JSON. Temporal refuses values over 2 MiB; the rest is room for its envelope. */
export const MAX_PAYLOAD_BYTES = 1_900_000;
/** The largest checkpoint: it travels with every heartbeat. */
export const MAX_CHECKPOINT_BYTES = 64 * 1024;

export interface PayloadRule {
  /** Code of the error for a value that JSON cannot carry (bigint, a cycle). @default 'invalid-input' */
  readonly code?: ErrorCode;
  /** @default MAX_PAYLOAD_BYTES */
  readonly limitBytes?: number;
}

/**
 * The value as it will arrive: what JSON keeps of it.
 * @param what what the message calls the value, for example `input of "send-email"`
 * @throws JobError `payload-too-large`, or the rule's code
 */
export function checkPayload(
  value: unknown,
  what: string,
  { code = 'invalid-input', limitBytes = MAX_PAYLOAD_BYTES }: PayloadRule = {},
): unknown {
  const json = toJson(value, what, code);
  if (json === undefined) return undefined;
  const bytes = new TextEncoder().encode(json).length;
  if (bytes > limitBytes) {
    throw new JobError(
      'payload-too-large',
      `The ${what} is ${bytes} bytes of JSON; at most ${limitBytes} can be carried. Store the data elsewhere and pass a reference.`,
      {
        details: { bytes, limitBytes },
      },
    );
  }
  return JSON.parse(json) as unknown;
}

function toJson(value: unknown, what: string, code: ErrorCode): string | undefined {
  try {
    return JSON.stringify(value);
  } catch (error) {
    throw new JobError(code, `The ${what} cannot be written as JSON: ${messageOf(error)}`, { cause: error });
  }
}
