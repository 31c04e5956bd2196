/**
 * Owns the contract of the job `send-notification` and of its steps, `deliver-webhook` and `deliver-email`: what a notification
 * may hold, its limits, and the shape of what was tried. Safe to import anywhere, a browser included.
 * Knows no secret, no mail server and no network: inputs are kept in the history, so they name these, and the worker has them.
 */
import { z } from 'zod';
import { defineJob } from '../contract/define-job.ts';
import type { Duration } from '../contract/duration.ts';
import { messageOf } from '../contract/errors.ts';
import { NOTIFICATIONS_QUEUE } from '../contract/notices.ts';
import { addressProblem, MAX_RECIPIENTS, NOT_IN_A_LINE, SETTING_NAME, urlProblem } from '../contract/receiver.ts';
import { retryRule } from '../contract/retry.ts';
import { fillText, templateProblem, type TemplateValues } from './mail-template.ts';

/** The specification's advice: "usually smaller than 20kb". */
const MAX_DATA_BYTES = 20_000;
/** Each recipient's step carries the mail. */
const MAX_MAIL_BYTES = 64 * 1024;
const MAX_SUBJECT_LENGTH = 500;
const MAX_VALUES = 200;
const MAX_INTERVALS = 20;
/** Characters of a receiver's answer that the delivery log keeps. */
export const MAX_ANSWER_LENGTH = 300;

/**
 * Waits between the attempts, of the Standard Webhooks specification 1.0.0 ("Deliverability and reliability"): 10 attempts in
 * about 3 days. Each wait is up to a tenth longer, since the specification recommends jitter as well.
 */
const STANDARD_SCHEDULE = {
  intervals: ['5s', '5m', '30m', '2h', '5h', '10h', '14h', '20h', '24h'],
  jitter: 0.1,
} as const;

function checked<T>(problemOf: (value: T) => string | undefined): (value: T, context: z.RefinementCtx) => void {
  return (value, context) => {
    const message = problemOf(value);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  };
}

function bytesOf(value: unknown): number {
  return new TextEncoder().encode(JSON.stringify(value)).length;
}

const url = z.string().superRefine(checked(urlProblem));
const address = z.string().superRefine(checked(addressProblem));
/** Of a secret, a mail server or a template in the worker's settings. */
const name = z.string().regex(SETTING_NAME, { error: 'Expected a name of 1–50 of a–z 0–9 -, first a letter or digit.' });
const eventType = z.string().regex(/^(?=.{1,200}$)[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*$/, {
  error: 'Expected the type of an event to be words of A–Z a–z 0–9 _ - with full stops between them, such as "invoice.paid".',
});
const data = z.record(z.string(), z.json()).superRefine(
  checked((given) => {
    const bytes = bytesOf(given);
    if (bytes <= MAX_DATA_BYTES) return undefined;
    return `Expected data to be at most ${MAX_DATA_BYTES} bytes of JSON, got: ${bytes}. Send ids, and let the receiver ask for the rest.`;
  }),
);

const webhook = z.strictObject({
  /** https; http only for hosts that the worker's settings allow. */
  url,
  /** Name of the signing secret in the worker's settings. */
  secret: name.default('default'),
  /** What happened, such as `invoice.paid`. */
  type: eventType,
  /** When it happened. Left out: when the job was added. */
  timestamp: z.iso.datetime({ offset: true }).optional(),
  /** A thin payload: ids and what changed. */
  data: data.default({}),
});

const subject = z
  .string()
  .min(1)
  .max(MAX_SUBJECT_LENGTH)
  .refine((text) => !NOT_IN_A_LINE.test(text), { error: 'Expected subject to be one line without control characters.' });
const values = z
  .record(z.string().max(100), z.union([z.string(), z.number(), z.boolean()]))
  .refine((given) => Object.keys(given).length <= MAX_VALUES, { error: `Expected at most ${MAX_VALUES} values.` });

/** A mail: a template of the worker's settings by name, or subject and text here, each with placeholders for `values`. */
const mail = {
  /** Name of the mail server in the worker's settings. */
  server: name.default('default'),
  replyTo: address.optional(),
  template: name.optional(),
  subject: subject.optional(),
  text: z.string().min(1).optional(),
  html: z.string().min(1).optional(),
  values: values.default({}),
};

type Mail = { readonly [K in 'template' | 'subject' | 'text' | 'html']?: string | undefined } & { readonly values: TemplateValues };

function mailProblem({ template, subject, text, html, values }: Mail): string | undefined {
  const isInline = subject !== undefined && text !== undefined;
  const isNamed = subject === undefined && text === undefined && html === undefined;
  if (template === undefined ? !isInline : !isNamed)
    return 'Expected a mail to have subject and text, with html if you like, or the name of a template instead.';
  const bytes = bytesOf({ subject, text, html, values });
  if (bytes > MAX_MAIL_BYTES)
    return `Expected the mail to be at most ${MAX_MAIL_BYTES} bytes of JSON, got: ${bytes}. Put it into the worker's settings as a template.`;
  return partsProblem({ subject, text, html }, values);
}

/** What is wrong with the parts of a mail once they are filled, as a sentence that names the part. */
export function partsProblem(
  parts: { readonly [K in 'subject' | 'text' | 'html']?: string | undefined },
  values: TemplateValues,
): string | undefined {
  for (const [part, template] of Object.entries(parts)) {
    const problem = template === undefined ? undefined : templateProblem(template, values);
    if (problem !== undefined) return `Expected ${part} to be a template that can be filled. ${problem}`;
  }
  if (NOT_IN_A_LINE.test(fillText(parts.subject ?? '', values)))
    return 'Expected subject to be one line without control characters once its values are filled in.';
  return undefined;
}

const recipients = z
  .union([address, z.array(address).min(1).max(MAX_RECIPIENTS)])
  .transform((given) => (typeof given === 'string' ? [given] : given))
  .superRefine(
    checked((given) => {
      const twice = given.find((one, index) => given.findIndex((other) => other.toLowerCase() === one.toLowerCase()) < index);
      return twice === undefined ? undefined : `Expected each recipient once, got twice: ${twice}.`;
    }),
  );

const retry = z
  .strictObject({
    /** Waits between the attempts, in ms or as texts such as '5m'. @default the Standard Webhooks schedule */
    intervals: z
      .array(z.union([z.number(), z.string().max(50)]))
      .max(MAX_INTERVALS)
      .default([...STANDARD_SCHEDULE.intervals]),
    /** @default one more than there are waits */
    maxAttempts: z
      .int()
      .min(1)
      .max(MAX_INTERVALS + 1)
      .optional(),
  })
  .superRefine(
    checked(({ intervals }) => {
      try {
        retryRule({ intervals: intervals as Duration[] });
        return undefined;
      } catch (error) {
        return messageOf(error);
      }
    }),
  );

/** One attempt to deliver, as it went. */
const deliveryAttempt = z.strictObject({
  /** When it began. ISO 8601. */
  at: z.string(),
  /** How long it took, in milliseconds. */
  ms: z.int().nonnegative(),
  /** HTTP status, or reply code of the mail server. Null: there was no answer. */
  status: z.int().nullable(),
  /** The first 300 characters of the answer, without control characters. */
  answer: z.string().max(MAX_ANSWER_LENGTH),
  /** Why there was no answer, or what was wrong with it. */
  error: z.string().optional(),
});
export type DeliveryAttempt = z.infer<typeof deliveryAttempt>;

const deliveryLog = z.strictObject({ log: z.array(deliveryAttempt) });

/** Step of `send-notification`: one request to one receiver. */
export const deliverWebhook = defineJob({
  name: 'deliver-webhook',
  queue: NOTIFICATIONS_QUEUE,
  input: z.strictObject({
    /** Names the event: the same for each attempt, and for a retry by hand. */
    event: z.string(),
    url,
    secret: name,
    payload: z.strictObject({ type: eventType, timestamp: z.string(), data }),
  }),
  output: deliveryLog,
  checkpoint: deliveryLog,
  retry: STANDARD_SCHEDULE,
  timeout: '2m',
});

/** Step of `send-notification`: one mail to one recipient. */
export const deliverEmail = defineJob({
  name: 'deliver-email',
  queue: NOTIFICATIONS_QUEUE,
  input: z.strictObject({ event: z.string(), timestamp: z.string(), to: address, ...mail }).superRefine(checked(mailProblem)),
  output: deliveryLog,
  checkpoint: deliveryLog,
  retry: STANDARD_SCHEDULE,
  timeout: '2m',
});

const delivery = z.strictObject({
  channel: z.enum(['webhook', 'email']),
  /** URL or address. */
  to: z.string(),
  status: z.enum(['delivered', 'failed']),
  attempts: z.int().nonnegative(),
  log: z.array(deliveryAttempt),
  error: z.strictObject({ code: z.string(), message: z.string() }).optional(),
});
export type Delivery = z.infer<typeof delivery>;

/**
 * A notification: a webhook by the Standard Webhooks specification, a mail to 1–100 recipients, or both. Each receiver is a
 * delivery of its own, with its own attempts. The job is `failed` when nothing was delivered, with the code of the first one:
 * `receiver-gone`, `receiver-refused`, `receiver-failed`, `receiver-unavailable`, `mail-rejected`, `not-configured`. Otherwise its
 * result says what became of each.
 * @example
 * await jobs.add(sendNotification, { webhook: { url: 'https://shop.example/hooks', type: 'invoice.paid', data: { id: 'in_42' } } });
 * await jobs.add(sendNotification, {
 *   email: { to: ['ada@example.com'], subject: 'Paid', text: 'Thank you, {{name}}.', values: { name: 'Ada' } },
 * });
 */
export const sendNotification = defineJob({
  name: 'send-notification',
  queue: NOTIFICATIONS_QUEUE,
  steps: true,
  input: z
    .strictObject({
      webhook: webhook.optional(),
      email: z
        .strictObject({ to: recipients, ...mail })
        .superRefine(checked(mailProblem))
        .optional(),
      retry: retry.prefault({}),
    })
    .refine(({ webhook, email }) => webhook !== undefined || email !== undefined, { error: 'Expected webhook or email, or both.' }),
  output: z.strictObject({ deliveries: z.array(delivery) }),
});
