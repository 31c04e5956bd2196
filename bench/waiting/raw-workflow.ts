/** A hand-written workflow around the waiting activity, all else by the SDK's defaults. */
import { proxyActivities } from '@temporalio/workflow';
import type { WaitingInput } from './contender.ts';

interface WaitingActivities {
  waiting(input: WaitingInput): Promise<unknown>;
}

export async function rawWaiting(input: WaitingInput, heartbeatTimeoutMs: number): Promise<unknown> {
  const { waiting } = proxyActivities<WaitingActivities>({ startToCloseTimeout: '1 hour', heartbeatTimeout: heartbeatTimeoutMs });
  return await waiting(input);
}
