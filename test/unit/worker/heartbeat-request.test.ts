/** What the watchdog encodes by hand, read by Temporal's own code. */
import proto from '@temporalio/proto';
import { defaultPayloadConverter } from '@temporalio/common';
import { describe, expect, test } from 'vitest';
import { FIRST_ATTEMPT } from '../../../src/contract/attempts.ts';
import { decodeAnswer, encodeHeartbeat } from '../../../src/worker/heartbeat-request.ts';

const { RecordActivityTaskHeartbeatRequest, RecordActivityTaskHeartbeatResponse } = proto.temporal.api.workflowservice.v1;

describe('a heartbeat that is encoded by hand', () => {
  test.each([
    ['a small record', 'x'],
    ['one of 64 KB, in any language', '界'.repeat(22_000)],
  ])('is the one that the SDK would send: %s', (_what, checkpoint) => {
    const taskToken = Uint8Array.from({ length: 300 }, (_value, index) => index % 256);
    const record = { ...FIRST_ATTEMPT, checkpoint };
    const read = RecordActivityTaskHeartbeatRequest.decode(
      encodeHeartbeat({ taskToken, record, identity: '1@höst', namespace: 'default' }),
    );
    const [payload] = read.details?.payloads ?? [];
    expect(read).toMatchObject({ identity: '1@höst', namespace: 'default' });
    expect([...read.taskToken]).toEqual([...taskToken]);
    expect(String(payload?.metadata?.['encoding'])).toBe('json/plain');
    expect(payload === undefined ? undefined : defaultPayloadConverter.fromPayload(payload)).toEqual(record);
  });

  test.each([
    [{}, { isCancelRequested: false, isStopped: false }],
    [{ cancelRequested: true }, { isCancelRequested: true, isStopped: false }],
    [{ activityPaused: true }, { isCancelRequested: false, isStopped: true }],
    [
      { cancelRequested: true, activityReset: true },
      { isCancelRequested: true, isStopped: true },
    ],
  ])('reads the answer %j', (answer, read) => {
    expect(decodeAnswer(RecordActivityTaskHeartbeatResponse.encode(answer).finish())).toEqual(read);
  });
});
