/** Owns the job type `send-notification` with its steps, bound to their handlers. */
import { deliverEmail, deliverWebhook, sendNotification } from '../../jobs/send-notification.ts';
import { handle, type JobDeclaration, multiStep } from '../handle.ts';
import { emailDelivery } from './deliver-email.ts';
import { webhookDelivery } from './deliver-webhook.ts';
import { Receivers } from './receivers.ts';
import { type NotificationSettings, notifying } from './settings.ts';

/**
 * The job type `send-notification` and its steps, for `createWorker({ jobs: [...notificationJobs(), …] })`. Its queue is
 * `notifications`: give it more places than the others, since a delivery mostly waits.
 * @throws JobError `invalid-config`, `invalid-options`
 * @example createWorker({ jobs: notificationJobs({ perReceiver: 10 }), queues: { notifications: { concurrency: 50 } } })
 */
export function notificationJobs(settings: NotificationSettings = {}): readonly JobDeclaration[] {
  const known = notifying(settings);
  const receivers = new Receivers(known.perReceiver);
  return [
    multiStep(sendNotification),
    handle(deliverWebhook, webhookDelivery(known, receivers)),
    handle(deliverEmail, emailDelivery(known, receivers)),
  ];
}
