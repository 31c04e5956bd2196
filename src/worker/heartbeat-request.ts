/**
 * Owns the one message that a watchdog thread writes and the one it reads, in the protobuf encoding of Temporal's API. By hand:
 * to load the SDK's encoder takes half a second and 25 MB, and a blocked worker may have less than a second left.
 */
import type { AttemptState } from '../contract/attempts.ts';

export interface HeartbeatRequest {
  readonly taskToken: Uint8Array;
  readonly record: AttemptState;
  readonly identity: string;
  readonly namespace: string;
}

/** What the server answers to a heartbeat. */
export interface HeartbeatAnswer {
  readonly isCancelRequested: boolean;
  /** Paused or reset by hand: the attempt is not wanted any more. */
  readonly isStopped: boolean;
}

/** Path of the call. */
export const HEARTBEAT_METHOD = '/temporal.api.workflowservice.v1.WorkflowService/RecordActivityTaskHeartbeat';

const LENGTH_DELIMITED = 2;
const JSON_ENCODING = field(1, Buffer.concat([field(1, 'encoding'), field(2, 'json/plain')]));

/** `RecordActivityTaskHeartbeatRequest`, the record as the SDK encodes details. */
export function encodeHeartbeat({ taskToken, record, identity, namespace }: HeartbeatRequest): Buffer {
  const payload = Buffer.concat([JSON_ENCODING, field(2, JSON.stringify(record))]);
  return Buffer.concat([field(1, taskToken), field(2, field(1, payload)), field(3, identity), field(4, namespace)]);
}

/** A text, bytes or a message as field `number` of a message. */
function field(number: number, value: string | Uint8Array): Buffer {
  const bytes = Buffer.from(value as string);
  return Buffer.concat([varint((number << 3) | LENGTH_DELIMITED), varint(bytes.length), bytes]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  return Buffer.from([...bytes, rest]);
}

/** `RecordActivityTaskHeartbeatResponse`: three booleans, a byte of tag and one of value each. What is unknown is ignored. */
export function decodeAnswer(bytes: Uint8Array): HeartbeatAnswer {
  const isTrue = new Set<number>();
  for (let at = 0; at + 1 < bytes.length; at += 2) if (bytes[at + 1] === 1) isTrue.add((bytes[at] ?? 0) >>> 3);
  return { isCancelRequested: isTrue.has(1), isStopped: isTrue.has(2) || isTrue.has(3) };
}
