/** What a hand-written Temporal workflow around one activity looks like: the measure of what a plain job may cost. */
import { proxyActivities } from '@temporalio/workflow';

interface NoopActivities {
  noop(input: { readonly addedAt: number }): Promise<unknown>;
}

const { noop } = proxyActivities<NoopActivities>({ startToCloseTimeout: '1 minute' });

export async function rawNoop(input: { readonly addedAt: number }): Promise<unknown> {
  return await noop(input);
}
