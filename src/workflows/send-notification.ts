/**
 * Owns the course of `send-notification`: one step per receiver, all at once, so that one that is tried for days holds up no other;
 * one that fails does not fail the job while another was reached. So a retry by hand never repeats what was delivered.
 */
import { isCancellation, sleep, workflowInfo } from '@temporalio/workflow';
import type { ParsedInputOf } from '../contract/define-job.ts';
import type { Duration } from '../contract/duration.ts';
import type { Delivery, deliverEmail, deliverWebhook, sendNotification } from '../jobs/send-notification.ts';
import { stepFailure } from './failure.ts';
import type { JobScope, StepRunOptions } from './job-scope.ts';
import { jobMemo } from './memo.ts';
import { jobWorkflow } from './multi-step.ts';

type Input = ParsedInputOf<typeof sendNotification>;
type Log = Delivery['log'];

/** One receiver, and how it is called. */
interface Receiver {
  readonly channel: Delivery['channel'];
  readonly to: string;
  /** About the size of the call's input. */
  readonly bytes: number;
  deliver(options: StepRunOptions): Promise<{ log: Log }>;
}

/** What became of it. `failure`: the error that a job of this delivery alone ends with. */
interface End {
  readonly delivery: Delivery;
  readonly failure?: unknown;
}

/** Steps that are started with one workflow task travel in one message, which the server limits to 4 MB. */
const MAX_BATCH_BYTES = 1_000_000;
const JITTER = 0.1;

export const sendNotificationWorkflow = jobWorkflow<typeof sendNotification>('send-notification', async (input, job) => {
  const ends = await deliverAll(receiversOf(input, job), input.retry, job);
  const deliveries = ends.map(({ delivery }) => delivery);
  if (deliveries.every(({ status }) => status === 'failed')) throw ends[0]?.failure;
  return { deliveries };
});

function receiversOf({ webhook, email }: Input, job: JobScope): readonly Receiver[] {
  const { event, addedAt } = eventOf(job);
  const receivers: Receiver[] = [];
  if (webhook !== undefined) {
    const { url, secret, type, timestamp = addedAt, data } = webhook;
    const call = { event, url, secret, payload: { type, timestamp, data } };
    receivers.push({
      channel: 'webhook',
      to: url,
      bytes: sizeOf(call),
      deliver: (options) => job.run<typeof deliverWebhook>('deliver-webhook', call, options),
    });
  }
  const { to: recipients = [], ...mail } = email ?? {};
  const bytes = sizeOf(mail);
  for (const to of recipients) {
    const call = { event, timestamp: addedAt, to, ...mail };
    receivers.push({
      channel: 'email',
      to,
      bytes,
      deliver: (options) => job.run<typeof deliverEmail>('deliver-email', call, options),
    });
  }
  return receivers;
}

/**
 * Names the event. A retry by hand has the same: what was received after all is known again. A further job of the same id, after
 * the window of its dedupe key, is another event.
 */
function eventOf({ jobId }: JobScope): { readonly event: string; readonly addedAt: string } {
  const { addedMs = workflowInfo().startTime.getTime() } = jobMemo();
  const addedAt = new Date(addedMs).toISOString();
  return { event: `${jobId}/${addedAt}`, addedAt };
}

async function deliverAll(receivers: readonly Receiver[], retry: Input['retry'], job: JobScope): Promise<End[]> {
  const { intervals, maxAttempts } = retry;
  const options = {
    share: 1 / receivers.length,
    retry: { intervals: intervals as Duration[], jitter: JITTER, ...(maxAttempts === undefined ? {} : { maxAttempts }) },
  };
  let ended = 0;
  const deliver = async (receiver: Receiver): Promise<End> => {
    const end = await deliverOne(receiver, options);
    ended += 1;
    job.say(`${ended} of ${receivers.length} deliveries ended`);
    return end;
  };
  const steps: Promise<End>[] = [];
  let batchBytes = 0;
  for (const receiver of receivers) {
    if (batchBytes > MAX_BATCH_BYTES) {
      // The steps so far go out with this workflow task.
      await sleep(1);
      batchBytes = 0;
    }
    batchBytes += receiver.bytes;
    steps.push(deliver(receiver));
  }
  return await Promise.all(steps);
}

async function deliverOne(receiver: Receiver, options: StepRunOptions): Promise<End> {
  const { channel, to } = receiver;
  try {
    const { log } = await receiver.deliver({ ...options, label: to });
    return { delivery: { channel, to, status: 'delivered', attempts: log.length, log } };
  } catch (failure) {
    if (isCancellation(failure)) throw failure;
    const { attempts, error, checkpoint } = stepFailure(failure);
    const { log = [] } = (checkpoint ?? {}) as { readonly log?: Log };
    return { delivery: { channel, to, status: 'failed', attempts, log, error }, failure };
  }
}

function sizeOf(value: unknown): number {
  return JSON.stringify(value).length;
}
