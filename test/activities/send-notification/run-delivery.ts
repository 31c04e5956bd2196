/** Owns how a test makes deliveries: attempt after attempt of a step's real handler, with what one keeps handed to the next. */
import type { HandlerContext } from '../../../src/activities/handle.ts';
import { emailDelivery } from '../../../src/activities/send-notification/deliver-email.ts';
import { webhookDelivery } from '../../../src/activities/send-notification/deliver-webhook.ts';
import { Receivers } from '../../../src/activities/send-notification/receivers.ts';
import { type NotificationSettings, notifying } from '../../../src/activities/send-notification/settings.ts';
import type { InputOf } from '../../../src/contract/define-job.ts';
import { parseInput } from '../../../src/contract/validate.ts';
import { deliverEmail, deliverWebhook, type DeliveryAttempt } from '../../../src/jobs/send-notification.ts';

interface Log {
  readonly log: DeliveryAttempt[];
}

export const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
export const NEXT_SECRET = `whsec_${Buffer.alloc(24, 9).toString('base64')}`;

/** What became of one attempt, and the log so far. */
export interface Attempted {
  readonly log: readonly DeliveryAttempt[];
  readonly error?: Error & { readonly code?: string; readonly waitMs?: number };
}

/** A step over settings, whose attempts share what is kept. */
export interface Step<In> {
  attempt(input: In, signal?: AbortSignal): Promise<Attempted>;
}

export function webhookStep(settings: NotificationSettings = {}): Step<Partial<InputOf<typeof deliverWebhook>> & { readonly url: string }> {
  const known = notifying({ env: {}, webhookSecrets: { default: SECRET }, allowedHosts: ['127.0.0.1', '[::1]'], ...settings });
  const handler = webhookDelivery(known, new Receivers(known.perReceiver));
  const usual = {
    event: 'job-1/2026',
    secret: 'default',
    payload: { type: 'invoice.paid', timestamp: '2026-11-26T00:00:00.000Z', data: {} },
  };
  return stepOf(async (input, context) => await handler(await parseInput(deliverWebhook, { ...usual, ...input }), context));
}

export function emailStep(settings: NotificationSettings): Step<Partial<InputOf<typeof deliverEmail>>> {
  const known = notifying({ env: {}, ...settings });
  const handler = emailDelivery(known, new Receivers(known.perReceiver));
  const usual = { event: 'job-1/2026', timestamp: '2026-11-26T00:00:00.000Z', to: 'ada@example.com' };
  return stepOf(async (input, context) => await handler(await parseInput(deliverEmail, { ...usual, ...input }), context));
}

function stepOf<In>(run: (input: In, context: HandlerContext<Log>) => Promise<Log>): Step<In> {
  let kept: Log | undefined;
  let attempt = 0;
  return {
    async attempt(input, signal = new AbortController().signal) {
      attempt += 1;
      const context: HandlerContext<Log> = {
        jobId: 'job-1',
        type: 'step',
        attempt,
        maxAttempts: 10,
        idempotencyKey: 'job-1/step-1',
        signal,
        lastCheckpoint: kept,
        progress: () => undefined,
        checkpoint: (log) => (kept = log),
      };
      try {
        return { log: (await run(input, context)).log };
      } catch (error) {
        return { log: kept?.log ?? [], error: error as Error };
      }
    },
  };
}
