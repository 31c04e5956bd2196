/** Owns the size limits of what Temporal carries, and what counts as JSON. */
import { JobError } from './errors.ts';

/** The largest input or output, in bytes of JSON. Temporal refuses values over 2 MiB; the rest is room for its envelope. */
export const MAX_PAYLOAD_BYTES = 1_900_000;
/** The largest checkpoint: it travels with every heartbeat. */
export const MAX_CHECKPOINT_BYTES = 64 * 1024;

/**
 * The value as it will arrive: what JSON keeps of it.
 * @param what what the message calls the value, for example `input of "send-email"`
 * @throws JobError `payload-too-large`, or `invalid-input` when JSON cannot carry it (bigint, a cycle)
 */
export function checkPayload(value: unknown, what: string, limitBytes: number = MAX_PAYLOAD_BYTES): unknown {
  const json = toJson(value, what);
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

function toJson(value: unknown, what: string): string | undefined {
  try {
    return JSON.stringify(value) as string | undefined;
  } catch (error) {
    throw new JobError(
      'invalid-input',
      `The ${what} cannot be written as JSON: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  }
}
