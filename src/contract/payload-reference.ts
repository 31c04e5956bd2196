/**
 * Owns what travels in the place of a value that is too large for Temporal: a reference to where it is stored. Where that
 * is, and how it is read, is in `src/payloads/`.
 */

/** The one key of a reference. No value of a user may have it at its top level. */
export const REFERENCE_KEY = 'holdfast:payload';

/** A stored value: where it is, and how to tell that it is whole. */
export interface StoredPayload {
  readonly id: string;
  /** Size of the value's JSON, in bytes. */
  readonly bytes: number;
  /** Of the value's JSON, in hexadecimal. */
  readonly sha256: string;
}

export type PayloadReference = Readonly<Record<typeof REFERENCE_KEY, StoredPayload>>;

/** What the value refers to; undefined when it is a value of its own. */
export function storedPayloadOf(value: unknown): StoredPayload | undefined {
  if (!isReserved(value)) return undefined;
  const stored = value[REFERENCE_KEY] as Partial<StoredPayload> | null | undefined;
  const isSound = typeof stored?.id === 'string' && typeof stored.bytes === 'number' && typeof stored.sha256 === 'string';
  return isSound ? (stored as StoredPayload) : undefined;
}

/** True for a value that has the reserved key at its top level. */
export function isReserved(value: unknown): value is Readonly<Record<typeof REFERENCE_KEY, unknown>> {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, REFERENCE_KEY);
}
