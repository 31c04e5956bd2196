/** Owns the digest by which inputs are compared. */
import { createHash } from 'node:crypto';

/** The same for inputs that are the same as JSON, whatever the order of their keys. */
export function inputHash(input: unknown): string {
  const canonical = JSON.stringify(input, (_key, value: unknown) => (isRecord(value) ? sorted(value) : value)) ?? '';
  return createHash('sha256').update(canonical).digest('base64url');
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function sorted(record: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(record).toSorted(([one], [other]) => (one < other ? -1 : 1)));
}
